namespace Skald.Storage;

/// <summary>What one batch wants to read: the first round trip.</summary>
public sealed class LoadRequest
{
    /// <summary>Sagas to load and lock.</summary>
    public HashSet<Guid> Sagas { get; } = [];

    /// <summary>Flows to load and lock, by the ids of their rows.</summary>
    public HashSet<Guid> Flows { get; } = [];

    /// <summary>Ledger rows to look up: every attempt and both directions of each key.</summary>
    public HashSet<LedgerKey> Ledger { get; } = [];

    /// <summary>
    /// Those of the ledger's keys that nothing is expected of. A store may save the look, if a commit then fails with
    /// <see cref="SagaConcurrencyException"/> when there is a row after all: the work is done again, with the row.
    /// </summary>
    public HashSet<LedgerKey> ProbablyNew { get; } = [];

    /// <summary>Keys of requests to look up.</summary>
    public HashSet<string> Requests { get; } = [];

    /// <summary>Positions of streams to look up.</summary>
    public HashSet<PositionKey> Positions { get; } = [];

    /// <summary>Delayed messages to load and lock: whether they are still the caller's, or how often they were tried.</summary>
    public HashSet<Guid> Delayed { get; } = [];

    /// <summary>Sagas of which to tell whether a delayed message or a dead letter is theirs (<see cref="DelayedRow.Saga"/>).</summary>
    public HashSet<Guid> Unhandled { get; } = [];

    /// <summary>Jobs to load and lock.</summary>
    public HashSet<Guid> Jobs { get; } = [];
}

/// <summary>What was asked for and exists, by its key. Filled by the store.</summary>
public sealed class Loaded
{
    /// <summary>Sagas.</summary>
    public Dictionary<Guid, SagaRow> Sagas { get; } = [];

    /// <summary>Flows, by the ids of their rows.</summary>
    public Dictionary<Guid, FlowRow> Flows { get; } = [];

    /// <summary>Ledger rows, in any order.</summary>
    public List<LedgerRow> Ledger { get; } = [];

    /// <summary>Answers to requests, by key.</summary>
    public Dictionary<string, RequestRow> Requests { get; } = [];

    /// <summary>The last version that was handled of each stream.</summary>
    public Dictionary<PositionKey, long> Positions { get; } = [];

    /// <summary>Delayed messages. One that somebody else has claimed, or has dealt with, is not as it was handed out.</summary>
    public Dictionary<Guid, DelayedRow> Delayed { get; } = [];

    /// <summary>Sagas that have a delayed message or a dead letter.</summary>
    public HashSet<Guid> Unhandled { get; } = [];

    /// <summary>Jobs.</summary>
    public Dictionary<Guid, JobRow> Jobs { get; } = [];

    /// <summary>What of a request is to be loaded still: not the ledger's keys whose rows are here, which would be added twice.</summary>
    public LoadRequest Lacks(LoadRequest more)
    {
        ArgumentNullException.ThrowIfNull(more);
        if (more.Ledger.Count == 0 || Ledger.Count == 0)
        {
            return more;
        }

        var rest = new LoadRequest();
        rest.Sagas.UnionWith(more.Sagas);
        rest.Flows.UnionWith(more.Flows);
        rest.Ledger.UnionWith(more.Ledger);
        rest.Ledger.ExceptWith(Ledger.Select(row => row.Key));
        rest.Requests.UnionWith(more.Requests);
        rest.Positions.UnionWith(more.Positions);
        rest.Delayed.UnionWith(more.Delayed);
        rest.Unhandled.UnionWith(more.Unhandled);
        rest.Jobs.UnionWith(more.Jobs);
        return rest;
    }
}

/// <summary>A saga whose open commands nobody has any more.</summary>
/// <param name="Saga">The saga.</param>
/// <param name="Incarnation">The instance that had them, and is gone; 0 for nobody.</param>
public readonly record struct Orphan(Guid Saga, long Incarnation);

/// <summary>A saga whose plan nobody knows that lives.</summary>
/// <param name="Saga">The saga.</param>
/// <param name="Plan">The plan: a name, a space and a version.</param>
public readonly record struct Stranger(Guid Saga, string Plan);

/// <summary>What a look for sagas of other plans has found.</summary>
/// <param name="Nobodys">Due, or orphans, and of a plan that no instance knows that lives; none that is parked.</param>
/// <param name="Returned">Parked for want of somebody who knows their plan (<see cref="SagaRow.OfNobodyWhoKnowsIt"/>), which the caller does.</param>
public sealed record Strangers(IReadOnlyList<Stranger> Nobodys, IReadOnlyList<Guid> Returned);

/// <summary>Work whose time has come, claimed by the caller: nobody else finds it before the claim ends. Orphans are not claimed.</summary>
/// <param name="Sagas">Sagas to wake.</param>
/// <param name="Flows">Flows to wake, by the ids of their rows.</param>
/// <param name="Delayed">Messages to try again.</param>
/// <param name="Outbox">Messages that nobody has in hand.</param>
/// <param name="Orphans">Sagas whose instance is gone. None before the caller has joined.</param>
/// <param name="Next">
/// When the next work of any kind becomes due after <c>now</c>, the claims just made included; null when there is none. What was due already
/// and lies beyond the limit does not count: a full list means that there may be more.
/// </param>
public sealed record DueWork(
    IReadOnlyList<Guid> Sagas, IReadOnlyList<Guid> Flows, IReadOnlyList<DelayedRow> Delayed, IReadOnlyList<OutboxRow> Outbox, IReadOnlyList<Orphan> Orphans, DateTimeOffset? Next);
