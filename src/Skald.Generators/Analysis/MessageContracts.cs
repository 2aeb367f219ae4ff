using Microsoft.CodeAnalysis;

namespace Skald.Generators.Analysis;

/// <summary>What a message type says of itself, read as start-up reads it.</summary>
internal static class MessageContracts
{
    /// <summary>The first problem of a type that is used as a message; null when it is one.</summary>
    public static Diagnostic? ProblemOf(ITypeSymbol type, SkaldTypes skald, Location where)
    {
        if (type.TypeKind == TypeKind.TypeParameter)
        {
            return null;
        }

        if (type.TypeKind == TypeKind.Interface || type.IsAbstract)
        {
            return Diagnostic.Create(Rules.NotOneType, where, type.Name, type.TypeKind == TypeKind.Interface ? "an interface" : "abstract");
        }

        var (@event, command) = (AttributeOf(type, skald.EventAttribute), AttributeOf(type, skald.CommandAttribute));
        if (WhyNeither(@event is not null, command is not null, skald.IsEvent(type), skald.IsCommand(type)) is { } what)
        {
            return Diagnostic.Create(Rules.CommandOrEvent, where, type.Name, what);
        }

        return command is not null ? ProblemOfCommand(type, command, skald, where)
            : @event is null ? Nameless(type, skald, where)
            : null;
    }

    public static AttributeData? AttributeOf(ITypeSymbol type, INamedTypeSymbol? attribute) => type.GetAttributes().FirstOrDefault(a => SkaldTypes.Same(a.AttributeClass, attribute));

    /// <summary>The wire name in an attribute; null while it is being written.</summary>
    public static string? NameIn(AttributeData attribute) => attribute.ConstructorArguments is [{ Value: string name }] ? name : null;

    public static string? NamedIn(AttributeData attribute, string property) => attribute.NamedArguments.FirstOrDefault(a => a.Key == property).Value.Value as string;

    private static Diagnostic? ProblemOfCommand(ITypeSymbol type, AttributeData command, SkaldTypes skald, Location where)
    {
        if (string.IsNullOrEmpty(NamedIn(command, "To")))
        {
            return Diagnostic.Create(Rules.CommandWithoutService, where, type.Name);
        }

        return skald.RepliesOf(type).Count switch
        {
            0 => Diagnostic.Create(Rules.CommandWithoutReply, where, type.Name),
            1 => null,
            _ => Diagnostic.Create(Rules.TwoReplies, where, type.Name),
        };
    }

    private static string? WhyNeither(bool hasEvent, bool hasCommand, bool isEvent, bool isCommand) => (hasEvent, hasCommand, isEvent, isCommand) switch
    {
        (_, _, true, true) => "is both an IEvent and an ICommand",
        (true, true, _, _) => "has both [Event] and [Command]",
        (true, _, _, true) => "is an ICommand and has [Event]",
        (_, true, true, _) => "is an IEvent and has [Command]",
        _ => null,
    };

    private static Diagnostic Nameless(ITypeSymbol type, SkaldTypes skald, Location where)
    {
        for (var parent = type.BaseType; parent is not null; parent = parent.BaseType)
        {
            if ((AttributeOf(parent, skald.EventAttribute) ?? AttributeOf(parent, skald.CommandAttribute)) is { } attribute && NameIn(attribute) is { } name)
            {
                return Diagnostic.Create(Rules.NameOfItsBase, where, type.Name, name, parent.Name);
            }
        }

        return Diagnostic.Create(Rules.MessageWithoutName, where, type.Name);
    }
}
