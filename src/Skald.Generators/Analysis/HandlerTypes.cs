using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Skald.Generators.Analysis;

/// <summary>The classes that a compilation gives to AddHandlers.</summary>
internal static class HandlerTypes
{
    public static HashSet<ISymbol> Of(Compilation compilation, SkaldTypes skald, CancellationToken cancellationToken)
    {
        var found = new HashSet<ISymbol>(SymbolEqualityComparer.Default);
        foreach (var tree in compilation.SyntaxTrees)
        {
            var handlers = Mentions.In(tree, cancellationToken).Handlers;
            if (handlers.IsEmpty)
            {
                continue;
            }

            // Only the registrations are bound: the mistakes belong where the class is, not where it is registered.
#pragma warning disable RS1030
            var model = compilation.GetSemanticModel(tree);
#pragma warning restore RS1030
            found.UnionWith(handlers.Where(name => IsOurs(model, name, skald, cancellationToken)).Select(name => model.GetSpeculativeSymbolInfo(name.SpanStart, name, SpeculativeBindingOption.BindAsTypeOrNamespace).Symbol).OfType<ISymbol>());
        }

        return found;
    }

    /// <summary>Others may have a method of that name. One that is not bound yet, for a mistake beside it, is taken for ours.</summary>
    private static bool IsOurs(SemanticModel model, TypeSyntax type, SkaldTypes skald, CancellationToken cancellationToken) =>
        type.Parent?.Parent is not GenericNameSyntax call || model.GetSymbolInfo(call, cancellationToken).Symbol is not { } method || skald.IsOurs(method);
}
