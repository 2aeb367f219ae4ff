namespace Skald;

/// <summary>Anything that travels between services: an immutable record with a stable wire name.</summary>
public interface IMessage;

/// <summary>Asks one service to do one thing. Implement <see cref="ICommand{TReply}"/>.</summary>
public interface ICommand : IMessage;

/// <summary>A command that names its reply in its type.</summary>
/// <typeparam name="TReply">What the participant answers when it has done it; <see cref="Done"/> when there is nothing to say.</typeparam>
public interface ICommand<TReply> : ICommand where TReply : class;

/// <summary>A fact that happened, told to whoever is interested.</summary>
public interface IEvent : IMessage;

/// <summary>The reply of a participant that has nothing to tell but that it is done.</summary>
public sealed record Done
{
    /// <summary>The only value needed.</summary>
    public static readonly Done Instance = new();
}

/// <summary>A participant's business "no". It is data, not an error: it starts compensation.</summary>
/// <remarks>Derive from it to carry more; the derived type's properties travel with it.</remarks>
/// <param name="Type">A stable word for programs, such as <c>CardDeclined</c>.</param>
/// <param name="Message">One sentence for people.</param>
public record Refusal(string Type, string Message);
