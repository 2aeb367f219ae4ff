using Microsoft.CodeAnalysis;

namespace Skald.Generators.Analysis;

/// <summary>The types of a compilation that are states of its sagas and aggregates, or parts of them.</summary>
internal static class StateTypes
{
    private static readonly HashSet<string> Changeable =
    [
        "List", "Dictionary", "HashSet", "SortedSet", "SortedDictionary", "SortedList", "LinkedList", "Queue", "Stack", "IList", "ICollection", "ISet", "IDictionary",
        "ObservableCollection", "Collection", "ConcurrentDictionary", "ConcurrentQueue", "ConcurrentBag",
    ];

    public static HashSet<ITypeSymbol> Of(Compilation compilation, SkaldTypes skald, CancellationToken cancellationToken)
    {
        var found = new HashSet<ITypeSymbol>(SymbolEqualityComparer.Default);
        foreach (var name in compilation.SyntaxTrees.SelectMany(tree => Mentions.In(tree, cancellationToken).Definitions))
        {
            var definition = compilation.Assembly.GetTypeByMetadataName(name);
            if ((SkaldTypes.BaseOf(definition, skald.SagaOf) ?? SkaldTypes.BaseOf(definition, skald.AggregateOf)) is { TypeArguments: [var state] })
            {
                Add(state, compilation.Assembly, found);
            }
        }

        return found;
    }

    public static bool IsChangeableCollection(ITypeSymbol type) =>
        type is INamedTypeSymbol { IsGenericType: true } && Changeable.Contains(type.Name) && type.ContainingNamespace.ToDisplayString().StartsWith("System.Collections", StringComparison.Ordinal);

    /// <summary>A type of this assembly, with what its members hold.</summary>
    private static void Add(ITypeSymbol type, IAssemblySymbol assembly, HashSet<ITypeSymbol> found)
    {
        foreach (var argument in (type as INamedTypeSymbol)?.TypeArguments ?? [])
        {
            Add(argument, assembly, found);
        }

        if (type is IArrayTypeSymbol array)
        {
            Add(array.ElementType, assembly, found);
        }

        if (type.TypeKind is not (TypeKind.Class or TypeKind.Struct) || !SkaldTypes.Same(type.ContainingAssembly, assembly) || !found.Add(type.OriginalDefinition))
        {
            return;
        }

        foreach (var property in type.GetMembers().OfType<IPropertySymbol>().Where(p => !p.IsStatic && p.DeclaredAccessibility == Accessibility.Public && !p.IsImplicitlyDeclared))
        {
            Add(property.Type, assembly, found);
        }
    }
}
