using Microsoft.CodeAnalysis;

namespace Skald.Generators.Analysis;

/// <summary>The types of Skald that a compilation refers to.</summary>
internal sealed class SkaldTypes
{
    private SkaldTypes(Compilation compilation, INamedTypeSymbol messageContext)
    {
        MessageContext = messageContext;
        Assembly = messageContext.ContainingAssembly;
        StepContext = Find(compilation, "Skald.StepContext");
        Command = Find(compilation, "Skald.ICommand");
        CommandOf = Find(compilation, "Skald.ICommand`1");
        Event = Find(compilation, "Skald.IEvent");
        CommandAttribute = Find(compilation, "Skald.CommandAttribute");
        EventAttribute = Find(compilation, "Skald.EventAttribute");
        ReplyOf = Find(compilation, "Skald.Reply`1");
        HandleOutside = Find(compilation, "Skald.IHandleOutside`3");
        SagaOf = Find(compilation, "Skald.Saga`1");
        AggregateOf = Find(compilation, "Skald.Aggregate`1");
        Service = Find(compilation, "Skald.SkaldService");
        Task = compilation.GetTypeByMetadataName("System.Threading.Tasks.Task");
        ValueTask = compilation.GetTypeByMetadataName("System.Threading.Tasks.ValueTask");
        TaskOf = compilation.GetTypeByMetadataName("System.Threading.Tasks.Task`1");
        ValueTaskOf = compilation.GetTypeByMetadataName("System.Threading.Tasks.ValueTask`1");
    }

    public IAssemblySymbol Assembly { get; }

    public INamedTypeSymbol MessageContext { get; }

    public INamedTypeSymbol? StepContext { get; }

    public INamedTypeSymbol? Command { get; }

    public INamedTypeSymbol? CommandOf { get; }

    public INamedTypeSymbol? Event { get; }

    public INamedTypeSymbol? CommandAttribute { get; }

    public INamedTypeSymbol? EventAttribute { get; }

    public INamedTypeSymbol? ReplyOf { get; }

    public INamedTypeSymbol? HandleOutside { get; }

    public INamedTypeSymbol? SagaOf { get; }

    public INamedTypeSymbol? AggregateOf { get; }

    public INamedTypeSymbol? Service { get; }

    public INamedTypeSymbol? Task { get; }

    public INamedTypeSymbol? ValueTask { get; }

    public INamedTypeSymbol? TaskOf { get; }

    public INamedTypeSymbol? ValueTaskOf { get; }

    /// <returns>Null where Skald is not used.</returns>
    public static SkaldTypes? Of(Compilation compilation) =>
        compilation.GetTypeByMetadataName("Skald.MessageContext") is { } context && context.ContainingAssembly.Name == "Skald" ? new SkaldTypes(compilation, context) : null;

    public static bool Same(ISymbol? one, ISymbol? other) => one is not null && SymbolEqualityComparer.Default.Equals(one, other);

    public bool IsOurs(ISymbol symbol) => Same(symbol.ContainingAssembly, Assembly);

    public bool IsCommand(ITypeSymbol type) => Is(type, Command);

    public bool IsEvent(ITypeSymbol type) => Is(type, Event);

    /// <summary>The replies that a command names.</summary>
    public IReadOnlyList<ITypeSymbol> RepliesOf(ITypeSymbol command) => [.. command.AllInterfaces.Where(i => Same(i.OriginalDefinition, CommandOf)).Select(i => i.TypeArguments[0])];

    /// <summary>Whether a class derives from a generic one; the closed form of that.</summary>
    public static INamedTypeSymbol? BaseOf(ITypeSymbol? type, INamedTypeSymbol? generic)
    {
        for (var parent = type?.BaseType; parent is not null; parent = parent.BaseType)
        {
            if (Same(parent.OriginalDefinition, generic))
            {
                return parent;
            }
        }

        return null;
    }

    private static bool Is(ITypeSymbol type, INamedTypeSymbol? kind) => Same(type, kind) || type.AllInterfaces.Any(i => Same(i, kind))
        || type is ITypeParameterSymbol { ConstraintTypes: var constraints } && constraints.Any(c => Is(c, kind));

    private static INamedTypeSymbol? Find(Compilation compilation, string name) => compilation.GetTypeByMetadataName(name);
}
