namespace Skald.Messaging.Tables;

/// <summary>A database's own part of a broker: its SQL and its types. <see cref="BrokerLoop"/> calls one method at a time.</summary>
/// <remarks>Any method may throw anything: the loop says so, waits a little, and has it tried again.</remarks>
public interface IBrokerTables
{
    /// <summary>Writes and takes all of it in one transaction.</summary>
    /// <returns>What was taken for each of <see cref="BrokerBatch.Wanted"/>, in that order, each sorted by key.</returns>
    Task<IReadOnlyList<List<BrokerMessage>>> WriteAsync(BrokerBatch batch);

    /// <summary>Whether <see cref="WriteAsync"/> is to be called although the batch is empty: there is something of the adapter's own.</summary>
    bool HasMoreToWrite { get; }

    /// <summary>Says that this process lives, and frees what dead ones had taken.</summary>
    /// <returns>Whether the queues have to be looked at again.</returns>
    Task<bool> BeatAsync();

    /// <summary>A clean end: nothing of this process is left for others to wait for.</summary>
    Task LeaveAsync();

    /// <summary>What is wrong, in one line that names the place. Never shows a password.</summary>
    string Explain(Exception exception);
}

/// <summary>What one transaction of a broker writes and takes.</summary>
/// <param name="Writes">To write.</param>
/// <param name="Wanted">The queues to take messages from.</param>
public sealed record BrokerBatch(BrokerWrites Writes, IReadOnlyList<BrokerWant> Wanted)
{
    /// <summary>Whether there is nothing to do.</summary>
    public bool IsEmpty => Writes.IsEmpty && Wanted.Count == 0;
}

/// <summary>Messages to take from a queue: those that nobody has, the oldest first.</summary>
/// <param name="Queue">The queue.</param>
/// <param name="Count">The most.</param>
/// <param name="FallsAsleep">Whether to tell the other processes first, in the same transaction, that this one is about to sleep.</param>
public sealed record BrokerWant(BrokerQueue Queue, int Count, bool FallsAsleep = false)
{
    internal int Wakeups { get; init; }
}
