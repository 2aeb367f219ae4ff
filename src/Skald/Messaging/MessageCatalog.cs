using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Reflection;
using Skald.Definition;
using Skald.Diagnostics;
using Skald.Messaging.Generated;

namespace Skald.Messaging;

/// <summary>What is known of a message type.</summary>
/// <param name="Type">The C# type.</param>
/// <param name="Name">Its wire name.</param>
/// <param name="To">The service that handles it, for commands; null for events.</param>
/// <param name="ReplyName">The wire name of its reply.</param>
/// <param name="RefusalName">The wire name of its refusal.</param>
/// <param name="ReplyType">The C# type of its reply.</param>
/// <param name="Topic">The topic it is published to, for events; null for commands.</param>
public sealed record MessageContract(
    Type Type, string Name, string? To, string? ReplyName, string? RefusalName, Type? ReplyType, string? Topic = null);

/// <summary>Reads contracts off message types, once per type.</summary>
public static class MessageCatalog
{
    private static readonly ConcurrentDictionary<Type, (MessageContract? Contract, ImmutableArray<string> Problems)> Contracts = new();

    /// <summary>The contract of a message type.</summary>
    /// <exception cref="SagaDefinitionException">The type does not say what it must.</exception>
    public static MessageContract Of(Type type)
    {
        var (contract, problems) = Contracts.GetOrAdd(type, Read);
        // Without a contract there is a problem.
        return problems.IsEmpty ? contract! : throw new SagaDefinitionException(problems);
    }

    /// <summary>The contract of a message type, or lines for the list of problems.</summary>
    internal static MessageContract? TryOf(Type type, List<string> problems)
    {
        var (contract, found) = Contracts.GetOrAdd(type, Read);
        problems.AddRange(found.Except(problems));
        return contract;
    }

    /// <summary>The types that are known by a wire name: as a message, or as a command's reply.</summary>
    internal static IEnumerable<Type> TypesNamed(string name) => Contracts.Values.Select(known => known.Contract).OfType<MessageContract>()
        .Select(contract => contract.Name == name ? contract.Type : contract.ReplyName == name ? contract.ReplyType : null).OfType<Type>();

    private static (MessageContract?, ImmutableArray<string>) Read(Type type)
    {
        var problems = new List<string>();
        if (GeneratedCode.ContractOf(type) is { } generated)
        {
            CheckNames(generated, problems);
            return (generated, [.. problems]);
        }

        var contract = Read(type, problems);
        return (contract, [.. problems]);
    }

    private static MessageContract? Read(Type type, List<string> problems)
    {
        if (WhyNotOneType(type) is { } what)
        {
            problems.Add(ErrorCodes.NotOneType(type, what));
            return null;
        }

        var (@event, command) = (type.GetCustomAttribute<EventAttribute>(inherit: false), type.GetCustomAttribute<CommandAttribute>(inherit: false));
        if (WhyNeither(type, @event, command) is { } contradiction)
        {
            problems.Add(ErrorCodes.CommandOrEvent(type, contradiction));
            return null;
        }

        var contract = @event is not null ? new MessageContract(type, @event.Name, null, null, null, null, @event.Topic ?? @event.Name)
            : command is not null ? ReadCommand(type, command, problems)
            : null;
        if (@event is null && command is null)
        {
            problems.Add(Nameless(type));
        }

        CheckNames(contract, problems);
        return contract;
    }

    private static MessageContract? ReadCommand(Type type, CommandAttribute command, List<string> problems)
    {
        if (string.IsNullOrEmpty(command.To))
        {
            problems.Add(ErrorCodes.CommandWithoutService(type, command.Name));
            return null;
        }

        Type[] replies = [.. Reflected.Replies(type)];
        if (replies.Length != 1)
        {
            problems.Add(replies.Length == 0 ? ErrorCodes.CommandWithoutReply(type) : ErrorCodes.TwoReplies(type));
            return null;
        }

        return new MessageContract(
            type, command.Name, command.To, command.Reply ?? command.Name + ".response.success",
            command.Refusal ?? command.Name + ".response.failure", replies[0]);
    }

    private static string? WhyNotOneType(Type type) =>
        type.ContainsGenericParameters ? "an open generic type"
        : type.IsInterface ? "an interface"
        : type.IsAbstract ? "abstract"
        : null;

    private static string? WhyNeither(Type type, EventAttribute? @event, CommandAttribute? command) =>
        (@event, command, typeof(IEvent).IsAssignableFrom(type), typeof(ICommand).IsAssignableFrom(type)) switch
        {
            (_, _, true, true) => "is both an IEvent and an ICommand",
            (not null, not null, _, _) => "has both [Event] and [Command]",
            (not null, _, _, true) => "is an ICommand and has [Event]",
            (_, not null, true, _) => "is an IEvent and has [Command]",
            _ => null,
        };

    private static string Nameless(Type type)
    {
        for (var parent = type.BaseType; parent is not null; parent = parent.BaseType)
        {
            if ((parent.GetCustomAttribute<EventAttribute>(inherit: false)?.Name ?? parent.GetCustomAttribute<CommandAttribute>(inherit: false)?.Name) is { } name)
            {
                return ErrorCodes.NameOfItsBase(type, name, parent);
            }
        }

        return ErrorCodes.MessageWithoutName(type);
    }

    private static void CheckNames(MessageContract? contract, List<string> problems)
    {
        if (contract is null)
        {
            return;
        }

        NameRule.Check($"the wire name of {contract.Type.Name},", contract.Name, problems);
        if (contract.ReplyName is { } reply && reply != contract.Name + ".response.success")
        {
            NameRule.Check($"the wire name of the reply to {contract.Type.Name},", reply, problems);
        }

        if (contract.RefusalName is { } refusal && refusal != contract.Name + ".response.failure")
        {
            NameRule.Check($"the wire name of a refusal of {contract.Type.Name},", refusal, problems);
        }

        if (contract.Topic is { } topic && topic != contract.Name)
        {
            NameRule.Check($"the topic of {contract.Type.Name},", topic, problems);
        }
    }
}
