using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Skald.Generators.Analysis;

/// <summary>
/// What a file says that concerns types of other files: which classes it gives to AddHandlers, and which of its own classes define sagas and aggregates. Read off the
/// text alone and kept with it, so that typing in one file does not read the others again.
/// </summary>
/// <param name="Handlers">The classes that it gives to AddHandlers, as they are written.</param>
/// <param name="Definitions">The metadata names of its classes that may define a saga or an aggregate.</param>
internal sealed record Mentions(ImmutableArray<TypeSyntax> Handlers, ImmutableArray<string> Definitions)
{
    private static readonly Mentions None = new([], []);

    private static readonly ConditionalWeakTable<SyntaxTree, Mentions> Known = new();

    public static Mentions In(SyntaxTree tree, CancellationToken cancellationToken) => Known.TryGetValue(tree, out var known) ? known : Known.GetValue(tree, t => Read(t, cancellationToken));

    private static Mentions Read(SyntaxTree tree, CancellationToken cancellationToken)
    {
        var (handlers, definitions) = (ImmutableArray.CreateBuilder<TypeSyntax>(), ImmutableArray.CreateBuilder<string>());
        foreach (var node in tree.GetRoot(cancellationToken).DescendantNodes())
        {
            switch (node)
            {
                case GenericNameSyntax { Identifier.ValueText: "AddHandlers", TypeArgumentList.Arguments: [var type] }:
                    handlers.Add(type);
                    break;
                case ClassDeclarationSyntax { BaseList: { } bases } definition when bases.Types.Any(b => RightMost(b.Type) is GenericNameSyntax { Identifier.ValueText: "Saga" or "Aggregate" }):
                    definitions.Add(MetadataName(definition));
                    break;
            }
        }

        return handlers.Count + definitions.Count == 0 ? None : new Mentions(handlers.ToImmutable(), definitions.ToImmutable());
    }

    private static TypeSyntax RightMost(TypeSyntax type) => type switch
    {
        QualifiedNameSyntax qualified => qualified.Right,
        AliasQualifiedNameSyntax alias => alias.Name,
        _ => type,
    };

    private static string MetadataName(TypeDeclarationSyntax type)
    {
        var name = type.Identifier.ValueText + (type.Arity > 0 ? "`" + type.Arity : "");
        return type.Parent switch
        {
            TypeDeclarationSyntax outer => MetadataName(outer) + "+" + name,
            BaseNamespaceDeclarationSyntax space => string.Join(".", space.AncestorsAndSelf().OfType<BaseNamespaceDeclarationSyntax>().Reverse().Select(n => n.Name.ToString())) + "." + name,
            _ => name,
        };
    }
}
