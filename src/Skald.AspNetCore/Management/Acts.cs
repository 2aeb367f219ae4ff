using System.Text.Json;

namespace Skald.Management;

/// <summary>What is to be done to a saga.</summary>
public sealed record ActRequest
{
    /// <summary>
    /// <c>resume</c>, <c>retry</c>, <c>skip</c>, <c>compensate</c>, <c>go-on-from</c>, <c>pause</c>, <c>edit</c>, <c>cancel</c>, <c>fire-timer</c>, <c>move-timer</c> or
    /// <c>raise</c>, as <see cref="SagaAct.Name"/> has it; <c>hold</c> and <c>release</c> besides.
    /// </summary>
    public string? Act { get; init; }

    /// <summary>The step that it is about: of skip, go-on-from, fire-timer and move-timer.</summary>
    public string? Step { get; init; }

    /// <summary>The new time of move-timer; null for never.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>The JSON merge patch (RFC 7396) of edit.</summary>
    public JsonElement? Patch { get; init; }

    /// <summary>The wire name of the event of raise.</summary>
    public string? Event { get; init; }

    /// <summary>The event of raise.</summary>
    public JsonElement? Body { get; init; }

    /// <summary>Why, for timeline and audit.</summary>
    public string? Reason { get; init; }
}

/// <summary>How an act is done, besides what it is.</summary>
public sealed record ActTerms
{
    /// <summary>The version of the saga that was looked at, as <c>If-Match</c> has it: the act is refused if the saga has moved on. Null for whichever it has.</summary>
    public long? Version { get; init; }

    /// <summary>By which a repeat is recognised, as <c>Idempotency-Key</c> has it; null for none.</summary>
    public string? Key { get; init; }

    /// <summary>Who does it; null when nobody is known. The API of another process says itself who asks it.</summary>
    public string? Actor { get; init; }
}

/// <summary>What an act would do, said without doing it.</summary>
public sealed record ActForecast
{
    /// <summary>What the act is called.</summary>
    public required string Act { get; init; }

    /// <summary>The version for which this holds: name it in <see cref="ActTerms.Version"/>.</summary>
    public required long Version { get; init; }

    /// <summary>Why it would be refused, in a sentence; null when it would be done. Then what follows is empty.</summary>
    public string? Refused { get; init; }

    /// <summary>The status in which the saga stands.</summary>
    public required string Before { get; init; }

    /// <summary>The status in which it would stand right after the act.</summary>
    public required string After { get; init; }

    /// <summary>What happens at once, in order: exactly this.</summary>
    public IReadOnlyList<ForecastLine> Now { get; init; } = [];

    /// <summary>What follows if everything that is asked is done, in order. It ends where an answer decides.</summary>
    public IReadOnlyList<ForecastLine> Then { get; init; } = [];

    /// <summary>The status in which it ends if everything that is asked is done; null where that cannot be said.</summary>
    public string? End { get; init; }

    /// <summary>Steps of which nobody will know whether they were done, each with a sentence.</summary>
    public IReadOnlyList<DoubtItem> InDoubt { get; init; } = [];

    /// <summary>Steps that stay done, because nothing undoes them.</summary>
    public IReadOnlyList<string> Stays { get; init; } = [];

    /// <summary>The state afterwards, where the act changes it; null where it does not, or when it is not for the one who asks.</summary>
    public JsonElement? State { get; init; }
}

/// <summary>One thing that happens because of an act.</summary>
public sealed record ForecastLine
{
    /// <summary><c>sends</c>, <c>runs</c>, <c>waits</c>, <c>skips</c>, <c>retries-later</c>, <c>nothing-to-undo</c> or <c>resets</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>For which step.</summary>
    public required string Step { get; init; }

    /// <summary>Whether it undoes the step.</summary>
    public bool Undo { get; init; }

    /// <summary>The wire name of the command; null when nothing is sent.</summary>
    public string? Command { get; init; }

    /// <summary>Who is asked; null when nobody is.</summary>
    public string? Service { get; init; }

    /// <summary>The attempt that it is; 0 where that does not matter.</summary>
    public int Attempt { get; init; }

    /// <summary>Whether exactly this was sent before: its participant recognises it.</summary>
    public bool Repeats { get; init; }

    /// <summary>When its time comes; null when it has none.</summary>
    public DateTimeOffset? Due { get; init; }

    /// <summary>The same in a sentence.</summary>
    public required string Says { get; init; }
}

/// <summary>A step of which nobody will know whether it was done.</summary>
/// <param name="Step">The step.</param>
/// <param name="Why">Why, in a sentence.</param>
public sealed record DoubtItem(string Step, string Why);

/// <summary>What came of an act that was done.</summary>
/// <param name="Service">Whose the saga is.</param>
/// <param name="Id">The saga.</param>
/// <param name="Act">What was done.</param>
/// <param name="Version">Its version afterwards.</param>
/// <param name="Status">Its status afterwards.</param>
/// <param name="Says">What came of it, in a sentence.</param>
/// <param name="Repeated">Whether it had been done before, under the same idempotency key: then this is the first answer.</param>
public sealed record ActResult(string Service, string Id, string Act, long Version, string Status, string Says, bool Repeated = false);
