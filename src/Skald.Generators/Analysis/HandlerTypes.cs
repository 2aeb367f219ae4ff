using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Skald.Generators.Analysis;

/// <summary>The classes that a compilation gives to AddHandlers.</summary>
internal static class HandlerTypes
{
    public static HashSet<ISymbol> Of(Compilation compilation, CancellationToken cancellationToken)
    {
        var found = new HashSet<ISymbol>(SymbolEqualityComparer.Default);
        foreach (var tree in compilation.SyntaxTrees)
        {
            var handlers = Mentions.In(tree, cancellationToken).Handlers;
            if (handlers.IsEmpty)
            {
                continue;
            }

            // One name for each registration is looked up, and nothing is bound: the mistakes belong where the class is, not where it is registered.
#pragma warning disable RS1030
            var model = compilation.GetSemanticModel(tree);
#pragma warning restore RS1030
            found.UnionWith(handlers.Select(name => model.GetSpeculativeSymbolInfo(name.SpanStart, name, SpeculativeBindingOption.BindAsTypeOrNamespace).Symbol).OfType<ISymbol>());
        }

        return found;
    }
}
