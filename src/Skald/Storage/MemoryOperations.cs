namespace Skald.Storage;

/// <summary>What people and tools ask of the store in memory.</summary>
internal sealed class MemoryOperations(MemoryTables tables, Lock @lock) : IOperations
{
    public ValueTask<SagaRow?> FindSagaAsync(Guid id, CancellationToken cancellationToken) => Ask(() => tables.Sagas.GetValueOrDefault(id));

    public ValueTask<IReadOnlyList<SagaRow>> SagasAsync(InstanceFilter filter, PagePosition? after, int limit, CancellationToken cancellationToken) =>
        List(() => Page(Sagas(filter), s => s.StartedAt, s => s.Id, after, limit));

    public ValueTask<long> CountSagasAsync(InstanceFilter filter, long cap, CancellationToken cancellationToken) =>
        Ask(() => Math.Min(cap, Sagas(filter).LongCount()));

    public ValueTask<FlowRow?> FindFlowAsync(Guid id, CancellationToken cancellationToken) => Ask(() => tables.Flows.GetValueOrDefault(id));

    public ValueTask<IReadOnlyList<FlowRow>> FlowsAsync(InstanceFilter filter, PagePosition? after, int limit, CancellationToken cancellationToken) =>
        List(() => Page(Flows(filter), f => f.StartedAt, f => f.Id, after, limit));

    public ValueTask<long> CountFlowsAsync(InstanceFilter filter, long cap, CancellationToken cancellationToken) =>
        Ask(() => Math.Min(cap, Flows(filter).LongCount()));

    public ValueTask<IReadOnlyList<JournalRow>> JournalAsync(Guid owner, int skip, int limit, CancellationToken cancellationToken) =>
        List(() => tables.Journal.Where(j => j.Owner == owner).Skip(skip).Take(limit));

    public ValueTask<IReadOnlyList<SagaRow>> WaitingSagasAsync(int limit, CancellationToken cancellationToken) =>
        List(() => tables.Sagas.Values.Where(s => s.WakeAt is not null).OrderBy(s => s.WakeAt).Take(limit));

    public ValueTask<IReadOnlyList<DelayedRow>> DelayedAsync(int limit, CancellationToken cancellationToken) =>
        List(() => tables.Delayed.Values.OrderBy(d => d.Due).Take(limit));

    public ValueTask<IReadOnlyList<OutboxRow>> OutboxAsync(int limit, CancellationToken cancellationToken) =>
        List(() => tables.Outbox.Values.OrderBy(o => o.ClaimedUntil).Take(limit));

    public ValueTask<long> CountOutboxAsync(long cap, CancellationToken cancellationToken) => Ask(() => Math.Min(cap, tables.Outbox.Count));

    public ValueTask<DeadLetterRow?> FindDeadLetterAsync(long number, CancellationToken cancellationToken) => Ask(() => tables.DeadLetters.GetValueOrDefault(number));

    public ValueTask<IReadOnlyList<DeadLetterRow>> DeadLettersAsync(long after, int limit, CancellationToken cancellationToken) =>
        List(() => tables.DeadLetters.Values.Where(d => d.Number > after).Take(limit));

    public ValueTask<RemovedRow?> FindRemovedAsync(Guid id, CancellationToken cancellationToken) => Ask(() => tables.Removed.GetValueOrDefault(id));

    public ValueTask<RequestRow?> FindRequestAsync(string key, CancellationToken cancellationToken) => Ask(() => tables.Requests.GetValueOrDefault(key));

    private IEnumerable<SagaRow> Sagas(InstanceFilter filter) =>
        tables.Sagas.Values.Where(s => Matches(filter, s.Definition, (int)s.Status, s.BusinessKey, s.StartedAt));

    private IEnumerable<FlowRow> Flows(InstanceFilter filter) =>
        tables.Flows.Values.Where(f => Matches(filter, f.Definition, (int)f.Status, f.Flow, f.StartedAt));

    private static bool Matches(InstanceFilter filter, string definition, int status, string? key, long startedAt) =>
        (filter.Definition is null || filter.Definition == definition) && (filter.Status is null || filter.Status == status)
        && (filter.Key is null || filter.Key == key) && !(startedAt >= filter.StartedBefore) && !(startedAt < filter.StartedFrom);

    private static IEnumerable<T> Page<T>(IEnumerable<T> rows, Func<T, long> at, Func<T, Guid> id, PagePosition? after, int limit) => rows
        .Where(r => after is not { } last || at(r) < last.StartedAt || (at(r) == last.StartedAt && id(r).CompareTo(last.Id) < 0))
        .OrderByDescending(at).ThenByDescending(id).Take(limit);

    private ValueTask<T> Ask<T>(Func<T> question)
    {
        lock (@lock)
        {
            return ValueTask.FromResult(question());
        }
    }

    private ValueTask<IReadOnlyList<T>> List<T>(Func<IEnumerable<T>> question) => Ask<IReadOnlyList<T>>(() => [.. question()]);
}
