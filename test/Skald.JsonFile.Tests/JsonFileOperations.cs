using Skald.Storage;

namespace Skald.JsonFile;

/// <summary>What people and tools ask. Each answer reads the file, without the lock: its content is replaced as a whole.</summary>
internal sealed class JsonFileOperations(DataFile file) : IOperations
{
    public ValueTask<SagaRow?> FindSagaAsync(Guid id, CancellationToken cancellationToken) => file.AskAsync(d => d.Sagas.Find(id), cancellationToken);

    public ValueTask<IReadOnlyList<SagaRow>> SagasAsync(InstanceFilter filter, PagePosition? after, int limit, CancellationToken cancellationToken) =>
        file.AskAsync(d => Page(d.Sagas, FactsOf, filter, after, limit), cancellationToken);

    public ValueTask<long> CountSagasAsync(InstanceFilter filter, long cap, CancellationToken cancellationToken) =>
        file.AskAsync(d => Math.Min(d.Sagas.Count(r => FactsOf(r).Fit(filter)), cap), cancellationToken);

    public ValueTask<FlowRow?> FindFlowAsync(Guid id, CancellationToken cancellationToken) => file.AskAsync(d => d.Flows.Find(id), cancellationToken);

    public ValueTask<IReadOnlyList<FlowRow>> FlowsAsync(InstanceFilter filter, PagePosition? after, int limit, CancellationToken cancellationToken) =>
        file.AskAsync(d => Page(d.Flows, FactsOf, filter, after, limit), cancellationToken);

    public ValueTask<long> CountFlowsAsync(InstanceFilter filter, long cap, CancellationToken cancellationToken) =>
        file.AskAsync(d => Math.Min(d.Flows.Count(r => FactsOf(r).Fit(filter)), cap), cancellationToken);

    public ValueTask<IReadOnlyList<JournalRow>> JournalAsync(Guid owner, int skip, int limit, CancellationToken cancellationToken) =>
        ListAsync(d => d.Journal.Where(r => r.Owner == owner).Skip(skip), limit, cancellationToken);

    public ValueTask<IReadOnlyList<SagaRow>> WaitingSagasAsync(int limit, CancellationToken cancellationToken) =>
        ListAsync(d => d.Sagas.Where(r => r.WakeAt is not null).OrderBy(r => r.WakeAt), limit, cancellationToken);

    public ValueTask<IReadOnlyList<DelayedRow>> DelayedAsync(int limit, CancellationToken cancellationToken) =>
        ListAsync(d => d.Delayed.OrderBy(r => r.Due), limit, cancellationToken);

    public ValueTask<IReadOnlyList<OutboxRow>> OutboxAsync(int limit, CancellationToken cancellationToken) =>
        ListAsync(d => d.Outbox.OrderBy(r => r.ClaimedUntil), limit, cancellationToken);

    public ValueTask<long> CountOutboxAsync(long cap, CancellationToken cancellationToken) =>
        file.AskAsync(d => Math.Min(d.Outbox.Count, cap), cancellationToken);

    public ValueTask<DeadLetterRow?> FindDeadLetterAsync(long number, CancellationToken cancellationToken) =>
        file.AskAsync(d => d.DeadLetters.Find(number), cancellationToken);

    public ValueTask<IReadOnlyList<DeadLetterRow>> DeadLettersAsync(long after, int limit, CancellationToken cancellationToken) =>
        ListAsync(d => d.DeadLetters.Where(r => r.Number > after), limit, cancellationToken);

    public ValueTask<RemovedRow?> FindRemovedAsync(Guid id, CancellationToken cancellationToken) => file.AskAsync(d => d.Removed.Find(id), cancellationToken);

    public ValueTask<RequestRow?> FindRequestAsync(string key, CancellationToken cancellationToken) => file.AskAsync(d => d.Requests.Find(key), cancellationToken);

    private ValueTask<IReadOnlyList<TRow>> ListAsync<TRow>(Func<Document, IEnumerable<TRow>> rows, int limit, CancellationToken cancellationToken) =>
        file.AskAsync<IReadOnlyList<TRow>>(d => [.. rows(d).Take(limit)], cancellationToken);

    private static IReadOnlyList<TRow> Page<TRow>(IEnumerable<TRow> rows, Func<TRow, Facts> factsOf, InstanceFilter filter, PagePosition? after, int limit) =>
    [
        .. rows.Where(r => factsOf(r).Fit(filter) && (after is not { } last || factsOf(r).ComeAfter(last)))
            .OrderByDescending(r => factsOf(r).StartedAt).ThenByDescending(r => factsOf(r).Id).Take(limit),
    ];

    private static Facts FactsOf(SagaRow row) => new(row.Definition, (int)row.Status, row.BusinessKey, row.StartedAt, row.Id);

    private static Facts FactsOf(FlowRow row) => new(row.Definition, (int)row.Status, row.Flow, row.StartedAt, row.Id);

    /// <summary>What lists are made by.</summary>
    private readonly record struct Facts(string Definition, int Status, string? Key, long StartedAt, Guid Id)
    {
        public bool Fit(InstanceFilter filter) =>
            (filter.Definition is null || filter.Definition == Definition)
            && (filter.Status is null || filter.Status == Status)
            && (filter.Key is null || filter.Key == Key)
            && (filter.StartedBefore is not { } before || StartedAt < before)
            && (filter.StartedFrom is not { } from || StartedAt >= from);

        public bool ComeAfter(PagePosition last) => (StartedAt, Id).CompareTo((last.StartedAt, last.Id)) < 0;
    }
}
