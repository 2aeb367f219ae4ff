using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Skald.Generators.Analysis;

/// <summary>The wire names that the message types of an assembly have, and those of their replies.</summary>
/// <remarks>
/// Two services may have a type each for one message, in namespaces or classes of their own. So names are compared between types that are declared side by side;
/// what is left over, start-up finds.
/// </remarks>
internal sealed class WireNames
{
    private readonly ILookup<(ISymbol? Beside, string Name), Use> _uses;

    private WireNames(IEnumerable<Use> uses, SkaldTypes skald)
    {
        _uses = uses.ToLookup(u => ((ISymbol?)u.Message.ContainingSymbol, u.Name), Places.Instance);
        Skald = skald;
    }

    private SkaldTypes Skald { get; }

    public static WireNames Of(IAssemblySymbol assembly, SkaldTypes skald) => new(Types(assembly.GlobalNamespace).SelectMany(type => UsesOf(type, skald)), skald);

    /// <summary>The names of a message that another one has as well.</summary>
    public IEnumerable<(string Name, Location Where, string Other)> TakenTwice(INamedTypeSymbol message, CancellationToken cancellationToken)
    {
        foreach (var use in UsesOf(message, Skald))
        {
            if (_uses[(message.ContainingSymbol, use.Name)].FirstOrDefault(other => !SkaldTypes.Same(other.Read, use.Read)) is { Name: not null } other
                && PlaceOf(use, cancellationToken) is { } where)
            {
                yield return (use.Name, where, other.Message.Name);
            }
        }
    }

    private static IEnumerable<Use> UsesOf(INamedTypeSymbol type, SkaldTypes skald)
    {
        if (MessageContracts.AttributeOf(type, skald.EventAttribute) is { } @event && MessageContracts.NameIn(@event) is { } eventName)
        {
            yield return new Use(eventName, type, type, @event, null);
        }

        if (MessageContracts.AttributeOf(type, skald.CommandAttribute) is { } command && MessageContracts.NameIn(command) is { } name)
        {
            yield return new Use(name, type, type, command, null);
            if (skald.RepliesOf(type) is [var reply])
            {
                yield return new Use(MessageContracts.NamedIn(command, "Reply") ?? name + ".response.success", type, reply, command, "Reply");
            }
        }
    }

    /// <summary>The name in the attribute; null for one that only follows from another.</summary>
    private static Location? PlaceOf(Use use, CancellationToken cancellationToken)
    {
        var attribute = use.Attribute.ApplicationSyntaxReference?.GetSyntax(cancellationToken) as AttributeSyntax;
        var argument = attribute?.ArgumentList?.Arguments.FirstOrDefault(a => a.NameEquals?.Name.Identifier.Text == use.Property);
        return argument?.Expression.GetLocation();
    }

    private static IEnumerable<INamedTypeSymbol> Types(INamespaceOrTypeSymbol space)
    {
        foreach (var member in space.GetMembers().OfType<INamespaceOrTypeSymbol>())
        {
            if (member is INamedTypeSymbol type)
            {
                yield return type;
            }

            foreach (var inner in Types(member))
            {
                yield return inner;
            }
        }
    }

    /// <summary>A name, the type that says so, and the type as which it is read.</summary>
    private readonly record struct Use(string Name, INamedTypeSymbol Message, ITypeSymbol Read, AttributeData Attribute, string? Property);

    private sealed class Places : IEqualityComparer<(ISymbol? Beside, string Name)>
    {
        public static readonly Places Instance = new();

        public bool Equals((ISymbol? Beside, string Name) x, (ISymbol? Beside, string Name) y) =>
            x.Name == y.Name && SymbolEqualityComparer.Default.Equals(x.Beside, y.Beside);

        public int GetHashCode((ISymbol? Beside, string Name) obj) => StringComparer.Ordinal.GetHashCode(obj.Name);
    }
}
