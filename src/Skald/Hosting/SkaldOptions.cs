using Skald.Decisions;
using Skald.Definition;
using Skald.Messaging;

namespace Skald;

/// <summary>How a service runs. The defaults run as they are; ranges are checked at start-up.</summary>
public sealed record SkaldOptions
{
    private const int LargestBatch = 1000;

    private static readonly TimeSpan Longest = TimeSpan.FromDays(36_500);

    private static readonly TimeSpan LongestRetryDelay = TimeSpan.FromSeconds(30);

    /// <summary>The most messages in one transaction.</summary>
    /// <value>1 to 1,000; 100 unless set. 1 switches batching off.</value>
    public int BatchSize { get; init; } = 100;

    /// <summary>How many transactions of the service may run at once in a process, where its store allows more than one. The first lane does all there is while it keeps up.
    /// Handlers of one class, and local code of sagas, may then run at the same time, as they do between processes: what they keep in fields has to be safe for that,
    /// and rows of the service's own that several of them change need the database's locks. A handler that hangs holds up its own lane.</summary>
    /// <value>1 to 64; 1 unless set. Two are enough to go on beside a handler that hangs; each takes a connection. On SQLite there is one.</value>
    public int Lanes { get; init; } = 1;

    /// <summary>How many messages of one queue may be unacknowledged at once.</summary>
    /// <value><see cref="BatchSize"/> to 100,000; 1,000 unless set.</value>
    public int Window { get; init; } = 1000;

    /// <summary>How many messages may be on their way to the transport, unconfirmed.</summary>
    /// <value><see cref="BatchSize"/> to 1,000,000; 5,000 unless set.</value>
    public int MessagesUnderWay { get; init; } = 5000;

    /// <summary>How many starts, and how many requests, may wait for their turn in this process, for each lane; one more is refused with an <see cref="OverloadedException"/>.</summary>
    /// <value>1 to 10,000,000; 100,000 unless set.</value>
    public int RequestsWaiting { get; init; } = 100_000;

    /// <summary>How long a start or a request may wait for its turn before it is refused with an <see cref="OverloadedException"/>. One that was begun is finished. Starts also wait while participants are behind or the broker is away.</summary>
    /// <value>100 milliseconds to 1 day; 2 minutes unless set.</value>
    public TimeSpan RequestPatience { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How often a failing message is tried, the first time included, before it is dead-lettered.</summary>
    /// <value>1 to 100; 8 unless set: about a minute in all.</value>
    public int MaxAttempts { get; init; } = 8;

    /// <summary>The wait before the first retry of a failed message; it doubles each time, up to 30 seconds.</summary>
    /// <value>1 millisecond to 30 seconds; half a second unless set.</value>
    public TimeSpan FirstRetryDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long what a process has in hand is left to it before others may take it over. Four times in it, a process looks for what is due and for processes that are gone.</summary>
    /// <value>1 second to 10 minutes; 10 seconds unless set.</value>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the answer to a request with an idempotency key is remembered.</summary>
    /// <value>1 minute to 10 years; 24 hours unless set.</value>
    public TimeSpan RequestsKeptFor { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How long sagas and flows are kept after their end, with their timelines. Then they are removed, but for sagas with a hold (<see cref="SkaldService.HoldAsync(SagaId, string?, string?, CancellationToken)"/>); parked ones have not ended.</summary>
    /// <value>1 second to 100 years; 7 days unless set.</value>
    public TimeSpan EndedKeptFor { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How many sagas, and how many flows, are kept at most after their end, however short ago that was; null for any number. Those that ended first go first.</summary>
    /// <value>1 to a million million; null unless set.</value>
    public long? MostEndedKept { get; init; }

    /// <summary>How long it is known that a saga or flow was there which was removed.</summary>
    /// <value>1 second to 100 years; 90 days unless set.</value>
    public TimeSpan RemovedKnownFor { get; init; } = TimeSpan.FromDays(90);

    /// <summary>For how long a copy of a message may be on its way: so long the ledger remembers a message of no saga that was handled, and a saga's steps from when its service
    /// has removed it. A copy that comes later is not recognised: from an outbox of a service that was down for longer, say, or a broker that was restored.</summary>
    /// <value>1 second to 100 years; 7 days unless set.</value>
    public TimeSpan CopiesComeWithin { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Where sagas and flows are written down before they are removed, one line of JSON each, in a file for each service and day. Without one they are not.</summary>
    /// <value>A folder, made when needed; null unless set.</value>
    public string? ArchiveFolder { get; init; }

    /// <summary>How long a handler, a saga's local code or the code of a request may take. It has the transaction of its batch, which everything else in its lane waits for.
    /// At the deadline its token is cancelled; if it has not returned a quarter of that later, nobody waits for it, and its message counts as failed. Code that keeps its
    /// thread cannot be left: it is named in health and log, and its lane waits for it.</summary>
    /// <value>100 milliseconds to 1 hour; 30 seconds unless set.</value>
    public TimeSpan CallDeadline { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a call of an outside handler may take.</summary>
    /// <value>1 millisecond to 1 day; 30 seconds unless set.</value>
    public TimeSpan OutsideDeadline { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How many calls of outside handlers run at once.</summary>
    /// <value>1 to 10,000; 32 unless set.</value>
    public int OutsideConcurrency { get; init; } = 32;

    /// <summary>The service's own tables, as statements that are safe to repeat. Run at start-up, before anything else.</summary>
    public IReadOnlyList<string> Schema { get; init; } = [];

    /// <summary>Keys that all services of the system have: what is sent carries a MAC, and what comes without one is a dead letter, and changes nothing.</summary>
    /// <value>What the environment variable <c>SKALD_WIRE_KEY</c> says unless set, as <see cref="Messaging.WireKeys.Parse"/> reads it; none if it says nothing.</value>
    public WireKeys? WireKeys { get; init; }

    /// <summary>For tests of the tests: rules that are broken on purpose.</summary>
    internal BarrierRule Barrier { get; init; } = LedgerBarrier.Judge;

    /// <summary>What it takes from outside; for a simulator.</summary>
    internal Surroundings Surroundings { get; init; } = Surroundings.OfTheSystem;

    internal void Check(Ranges ranges) => ranges
        .Between(BatchSize, 1, LargestBatch)
        .Between(Lanes, 1, 64)
        .Between(Window, Math.Min(BatchSize, LargestBatch), 100_000)
        .Between(MessagesUnderWay, Math.Min(BatchSize, LargestBatch), 1_000_000)
        .Between(RequestsWaiting, 1, 10_000_000)
        .Between(RequestPatience, TimeSpan.FromMilliseconds(100), TimeSpan.FromDays(1))
        .Between(MaxAttempts, 1, 100)
        .Between(FirstRetryDelay, TimeSpan.FromMilliseconds(1), LongestRetryDelay)
        .Between(Lease, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10))
        .Between(RequestsKeptFor, TimeSpan.FromMinutes(1), TimeSpan.FromDays(3650))
        .Between(EndedKeptFor, TimeSpan.FromSeconds(1), Longest)
        .Between(MostEndedKept ?? 1, 1, 1_000_000_000_000, nameof(MostEndedKept))
        .Between(RemovedKnownFor, TimeSpan.FromSeconds(1), Longest)
        .Between(CopiesComeWithin, TimeSpan.FromSeconds(1), Longest)
        .Between(CallDeadline, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1))
        .Between(OutsideDeadline, TimeSpan.FromMilliseconds(1), TimeSpan.FromDays(1))
        .Between(OutsideConcurrency, 1, 10_000);

    internal TimeSpan RetryDelay(int attempts)
    {
        var delay = FirstRetryDelay * Math.Pow(2, Math.Min(attempts - 1, 20));
        return delay < LongestRetryDelay ? delay : LongestRetryDelay;
    }
}
