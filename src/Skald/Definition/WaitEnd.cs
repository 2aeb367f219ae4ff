using System.Reflection;
using System.Text.Json;

namespace Skald.Definition;

/// <summary>An event that ends a wait. Its functions are pure.</summary>
/// <param name="EventType">The event's type.</param>
public sealed record WaitEnd(Type EventType)
{
    // No name has it, and no JSON.
    private const char Separator = '\u001F';

    /// <summary>The event's wire name.</summary>
    public string Name => field ??= EventType.GetCustomAttribute<EventAttribute>(inherit: false)?.Name ?? EventType.Name;

    /// <summary>Takes the event into the state; null when nothing is read from it.</summary>
    public Func<object, object, object>? Fold { get; init; }

    /// <summary>Why the saga turns back with it; null for an event with which it goes on.</summary>
    public Func<object, Refusal>? Refuse { get; init; }

    /// <summary>The business key of the sagas that it is published for; null for an event that is raised for one saga.</summary>
    public Func<object, string?>? Key { get; init; }

    /// <summary>The event as it is kept until it can be taken in.</summary>
    /// <param name="wait">What it ends.</param>
    /// <param name="json">The event.</param>
    internal string Kept(StepWork.Wait wait, string json) => ReferenceEquals(wait.Ends[0], this) ? json : $"{Name}{Separator}{json}";

    /// <summary>Which event is kept.</summary>
    /// <returns>Null where the wait has no such event any more.</returns>
    internal static (WaitEnd? End, string Json) Read(StepWork.Wait wait, string kept)
    {
        var end = kept.IndexOf(Separator, StringComparison.Ordinal);
        return end < 0 ? (wait.Ends[0], kept) : (wait.Ends.FirstOrDefault(e => e.Name == kept[..end]), kept[(end + 1)..]);
    }

    /// <summary>The event that is kept.</summary>
    /// <exception cref="JsonException">It cannot be read, or nobody waits for it any more.</exception>
    internal static (WaitEnd End, object Event) Read(StepWork.Wait wait, string kept, JsonSerializerOptions options)
    {
        var (end, json) = Read(wait, kept);
        return end is not null && JsonSerializer.Deserialize(json, options.GetTypeInfo(end.EventType)) is { } @event
            ? (end, @event)
            : throw new JsonException("what is kept is no event that it waits for");
    }
}
