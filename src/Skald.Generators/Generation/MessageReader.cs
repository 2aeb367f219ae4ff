using Microsoft.CodeAnalysis;

namespace Skald.Generators.Generation;

/// <summary>Reads contracts off message types. One that start-up would refuse has none here: start-up says what is wrong.</summary>
internal static class MessageReader
{
    public const string Command = "Skald.CommandAttribute";
    public const string Event = "Skald.EventAttribute";

    public static MessageModel? Read(INamedTypeSymbol type, Compilation compilation)
    {
        var (command, @event) = (type.Attribute(Command), type.Attribute(Event));
        var replies = Replies(type).ToList();
        if (type.IsAbstract || type.TypeKind != TypeKind.Class || type.IsOpen() || !type.CanBeNamed(compilation) || (command is null) == (@event is null))
        {
            return null;
        }

        var (isCommand, isEvent) = (Is(type, "Skald.ICommand"), Is(type, "Skald.IEvent"));
        if (@event is not null)
        {
            return !isCommand && isEvent && NameOf(@event) is { } fact ? new MessageModel(type.Name(), fact, null, null, null, null, (@event.Named("Topic") as string) ?? fact) : null;
        }

        return !isEvent && NameOf(command!) is { } name && command!.Named("To") is string { Length: > 0 } to && replies is [var reply] && reply.CanBeNamed(compilation)
            ? new MessageModel(
                type.Name(), name, to, (command!.Named("Reply") as string) ?? name + ".response.success", (command!.Named("Refusal") as string) ?? name + ".response.failure", reply.Name(), null)
            : null;
    }

    /// <summary>The replies that a command names in its type.</summary>
    public static IEnumerable<ITypeSymbol> Replies(ITypeSymbol type) => type.AllInterfaces.Where(i => i.IsFrom("Skald.ICommand`1")).Select(i => i.TypeArguments[0]);

    public static bool Is(ITypeSymbol type, string contract) => type.IsFrom(contract) || type.AllInterfaces.Any(i => i.IsFrom(contract));

    private static string? NameOf(AttributeData attribute) => attribute.ConstructorArguments is [{ Value: string name }, ..] ? name : null;
}
