using System.Collections.Concurrent;
using System.Reflection;
using Skald.Diagnostics;

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
    private static readonly ConcurrentDictionary<Type, (MessageContract? Contract, string? Problem)> Contracts = new();

    /// <summary>The contract of a message type.</summary>
    /// <exception cref="SagaDefinitionException">The type does not say what it must.</exception>
    public static MessageContract Of(Type type)
    {
        var (contract, problem) = Contracts.GetOrAdd(type, Read);
        return contract ?? throw new SagaDefinitionException([problem ?? ""]);
    }

    /// <summary>The contract of a message type, or a line for the list of problems.</summary>
    internal static MessageContract? TryOf(Type type, List<string> problems)
    {
        var (contract, problem) = Contracts.GetOrAdd(type, Read);
        if (problem is not null && !problems.Contains(problem))
        {
            problems.Add(problem);
        }

        return contract;
    }

    private static (MessageContract?, string?) Read(Type type)
    {
        if (type.GetCustomAttribute<EventAttribute>() is { } @event)
        {
            return (new MessageContract(type, @event.Name, null, null, null, null, @event.Topic ?? @event.Name), null);
        }

        if (type.GetCustomAttribute<CommandAttribute>() is not { } command)
        {
            return (null, ErrorCodes.MessageWithoutName(type));
        }

        if (string.IsNullOrEmpty(command.To))
        {
            return (null, ErrorCodes.CommandWithoutService(type, command.Name));
        }

        var replyType = type.GetInterfaces()
            .FirstOrDefault(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(ICommand<>))?.GetGenericArguments()[0];
        if (replyType is null)
        {
            return (null, ErrorCodes.CommandWithoutReply(type));
        }

        return (new MessageContract(
            type, command.Name, command.To, command.Reply ?? command.Name + ".response.success",
            command.Refusal ?? command.Name + ".response.failure", replyType), null);
    }
}
