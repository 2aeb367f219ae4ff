namespace Skald.Messaging;

/// <summary>What a message is to its receiver.</summary>
public enum MessageKind
{
    /// <summary>Asks for something to be done, or undone.</summary>
    Command,

    /// <summary>Says that it was done.</summary>
    Reply,

    /// <summary>Says that it was not done, for business reasons.</summary>
    Refusal,

    /// <summary>Tells a fact.</summary>
    Event,
}

/// <summary>A message's metadata. The attribute names on other wires are those of CloudEvents 1.0 and its correlation extension.</summary>
public sealed record Envelope
{
    // One more than the milliseconds, 0 for nothing: it is in every message of a batch, and nearly always nothing.
    private readonly int _handledIn;

    /// <summary>Derived from its cause, so that a repeat carries the same id.</summary>
    public required Guid Id { get; init; }

    /// <summary>The wire name.</summary>
    public required string Type { get; init; }

    /// <summary>What it is to its receiver.</summary>
    public required MessageKind Kind { get; init; }

    /// <summary>The service that sent it.</summary>
    public required string Source { get; init; }

    /// <summary>The queue it goes to, or the topic it is published to.</summary>
    public required string Destination { get; init; }

    /// <summary>Whether <see cref="Destination"/> is a topic: each of its subscriptions gets a copy.</summary>
    public bool Published { get; init; }

    /// <summary>The queue that answers go to; null when none is wanted.</summary>
    public string? ReplyTo { get; init; }

    /// <summary>The saga on whose behalf it travels.</summary>
    public SagaId? Saga { get; init; }

    /// <summary>The flow it travels in; what is sent and published because of it travels in the same one.</summary>
    public string? Flow { get; init; }

    /// <summary>The saga's step that it belongs to.</summary>
    public string? Step { get; init; }

    /// <summary>Where the event stands in the stream it was appended to; null for one that is of no stream.</summary>
    public StreamPlace? Place { get; init; }

    /// <summary>The step's attempt.</summary>
    public int Attempt { get; init; }

    /// <summary>Whether it undoes the step, or answers an undo.</summary>
    public bool Undo { get; init; }

    /// <summary>In an undo: whether the saga was answered that the step is done. Who does not know it then has lost something, and must not say that it is undone.</summary>
    public bool WasDone { get; init; }

    /// <summary>
    /// 128 bits that a step's commands carry and that whatever answers them brings back; <see cref="Guid.Empty"/> for what belongs to no step. Whoever knows
    /// them can answer and undo the step: they belong into no log and on no page.
    /// </summary>
    public Guid Secret { get; init; }

    /// <summary>Who knows the system's key has sent it so: see <c>SkaldOptions.WireKeys</c>. <see cref="Guid.Empty"/> when it says nothing of the kind.</summary>
    public Guid Mac { get; init; }

    /// <summary>The message that caused it.</summary>
    public Guid? Causation { get; init; }

    /// <summary>
    /// In an answer: how long the participant was at the command, in whole milliseconds; null when it does not say. For the rest of the answer's age the
    /// command lay unread, or one of the two was on its way.
    /// </summary>
    public TimeSpan? HandledIn
    {
        get => _handledIn == 0 ? null : TimeSpan.FromMilliseconds(_handledIn - 1);
        init => _handledIn = value is { } span ? 1 + (int)Math.Clamp(span.TotalMilliseconds, 0, int.MaxValue - 1) : 0;
    }

    /// <summary>The W3C trace context it travels in.</summary>
    public string? TraceParent { get; init; }

    /// <summary>When it was made. For people; nothing is decided by it.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>What it is, to whom it goes, and its id. Its secret is left out, so that it may stand in a log.</summary>
    public override string ToString() => $"{Kind} '{Type}' {Id} to {Destination}";
}

/// <summary>The place of a published event in its stream. A subscriber handles those of one stream in their order.</summary>
/// <param name="Stream">The stream: the aggregate's kind, a slash, its id.</param>
/// <param name="Version">The event's version.</param>
/// <param name="After">The version of the one before it that was published to the same topic; 0 when it is the first.</param>
public readonly record struct StreamPlace(string Stream, long Version, long After);

/// <summary>A message ready to travel.</summary>
/// <param name="Envelope">Its metadata.</param>
/// <param name="Body">UTF-8 JSON.</param>
public readonly record struct OutgoingMessage(Envelope Envelope, ReadOnlyMemory<byte> Body);
