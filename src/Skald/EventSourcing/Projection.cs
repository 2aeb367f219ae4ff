using System.Data.Common;
using Skald.Definition;
using Skald.Storage;

namespace Skald;

/// <summary>
/// Rows that follow from events: a view that is made for reading. Everything in it can be thrown away and built again, so it may
/// depend on nothing but the events, in their order.
/// </summary>
public abstract class Projection
{
    /// <summary>The stable name: lower-case letters, digits and underscores, such as <c>booking_list</c>.</summary>
    public abstract string Name { get; }

    /// <summary>The statements that create its tables and indexes, each safe to repeat. Names carry no schema.</summary>
    public abstract IReadOnlyList<string> Schema { get; }

    /// <summary>
    /// Brings the rows up to date with a page of events, in their order. An exception undoes the whole page; its events then come one
    /// by one, so that only the one that fails holds the projection up.
    /// </summary>
    /// <param name="events">One or more, oldest first. Those of other aggregates are among them: ignore what does not concern it.</param>
    /// <param name="context">The transaction in which the rows are written.</param>
    public abstract ValueTask ApplyAsync(IReadOnlyList<RecordedEvent> events, ProjectionContext context);
}

/// <summary>What a projection may use. Nothing else: a rebuild must give the same rows.</summary>
/// <param name="transaction">The transaction.</param>
/// <param name="cancellationToken">Cancelled when the host shuts down.</param>
public sealed class ProjectionContext(DbTransaction transaction, CancellationToken cancellationToken)
{
    /// <summary>The open transaction; the checkpoint is committed with it. Do not commit it or roll it back.</summary>
    public DbTransaction Transaction { get; } = transaction;

    /// <summary>Its connection.</summary>
    public DbConnection Connection => Transaction.Connection
        ?? throw new InvalidOperationException("The transaction has ended: use the context only inside the call it was passed to.");

    /// <summary>Cancelled when the host shuts down; what is rolled back then comes again.</summary>
    public CancellationToken CancellationToken { get; } = cancellationToken;
}

/// <summary>Says where a projection's rows live and how it runs.</summary>
public sealed class ProjectionBuilder
{
    internal const int LargestPage = 100_000;

    private readonly Func<string, Ranges> _ranges;

    internal ProjectionBuilder(string service, Func<string, Ranges> ranges) => (Service, _ranges) = (service, ranges);

    /// <summary>The full name of the service whose events it follows.</summary>
    public string Service { get; }

    /// <summary>The most events in one of its transactions.</summary>
    /// <value>1 to 100,000; 1,000 unless set.</value>
    public int PageSize { get; set; } = 1000;

    internal bool IsInline { get; private set; }

    internal Func<IServiceProvider, Projection, IProjectionStore>? Store { get; private set; }

    /// <summary>
    /// Its rows are in the service's own database and written in the transaction that appends: always current, and part of every
    /// append's price. It sees events from now on; it is not rebuilt.
    /// </summary>
    public ProjectionBuilder Inline()
    {
        IsInline = true;
        return this;
    }

    /// <summary>For adapters: checks their options. What is out of range is listed with all other problems, and nothing is started.</summary>
    /// <param name="options">The name of the options' type.</param>
    public Ranges Ranges(string options) => _ranges(options);

    /// <summary>For adapters: the database of its rows.</summary>
    public ProjectionBuilder UseStore(Func<IServiceProvider, Projection, IProjectionStore> store)
    {
        Store = store;
        return this;
    }
}

/// <summary>What a projection is doing.</summary>
public enum ProjectionState
{
    /// <summary>It has not been looked at yet.</summary>
    Starting,

    /// <summary>There are events that it does not contain yet.</summary>
    CatchingUp,

    /// <summary>It contains every event there is.</summary>
    Current,

    /// <summary>One event cannot be projected. It is tried again with growing pauses; nothing is skipped.</summary>
    Stopped,

    /// <summary>Its database, or that of the events, cannot be reached.</summary>
    Unreachable,
}

/// <summary>How a projection stands.</summary>
/// <param name="Name">The projection.</param>
/// <param name="State">What it is doing.</param>
/// <param name="Position">The last event that is contained in its rows.</param>
/// <param name="LagEvents">How many events are not contained yet; 10,000 stands for that many or more.</param>
/// <param name="Lag">The age of the oldest event that is not contained yet; zero when there is none.</param>
/// <param name="Problem">Why it stands still; null when it does not.</param>
/// <param name="Attempts">How often the event that stops it was tried.</param>
/// <param name="RetryAt">When it is tried again.</param>
public sealed record ProjectionStatus(
    string Name, ProjectionState State, EventPosition Position, long LagEvents, TimeSpan Lag, string? Problem, int Attempts, DateTimeOffset? RetryAt)
{
    /// <summary>The event that stops it, for <see cref="ProjectionHandle.SkipAsync"/>; null when none does.</summary>
    public EventPosition? StopsAt { get; init; }
}

/// <summary>How far a rebuild has come.</summary>
/// <param name="Done">Events projected.</param>
/// <param name="Total">Events there were when it began.</param>
/// <param name="Elapsed">Since it began.</param>
public sealed record RebuildProgress(long Done, long Total, TimeSpan Elapsed)
{
    /// <summary>Events per second so far.</summary>
    public double EventsPerSecond => Elapsed > TimeSpan.Zero ? Done / Elapsed.TotalSeconds : 0;
}

/// <summary>What a rebuild did.</summary>
/// <param name="Events">Events projected.</param>
/// <param name="Elapsed">How long it took.</param>
/// <param name="Tables">How the rebuilt rows differed from the live ones.</param>
/// <param name="Switched">Whether the rebuilt rows are the live ones now.</param>
public sealed record RebuildResult(long Events, TimeSpan Elapsed, IReadOnlyList<TableDifference> Tables, bool Switched);

/// <summary>How a rebuild is done.</summary>
public sealed record RebuildOptions
{
    /// <summary>Events in one transaction.</summary>
    /// <value>1 to 100,000; 5,000 unless set. Checked when the rebuild begins.</value>
    public int PageSize { get; init; } = 5000;

    /// <summary>Decides, from the differences, whether the rebuilt rows become the live ones; they do unless set.</summary>
    public Func<IReadOnlyList<TableDifference>, bool> TakeOver { get; init; } = _ => true;

    /// <summary>Told after each page.</summary>
    public IProgress<RebuildProgress>? Progress { get; init; }
}
