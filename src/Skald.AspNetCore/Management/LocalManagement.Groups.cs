namespace Skald.Management;

// What is asked by kind, and of ledgers and processes.
public sealed partial class LocalManagement
{
    /// <inheritdoc/>
    public Task<Page<SagaGroup>> SagaGroupsAsync(string? q, CancellationToken cancellationToken = default) => AskAsync(async () =>
    {
        var query = q is null ? SagaQueryText.Everything with { Statuses = [SagaStatus.Parked] } : Asked.Query(q);
        var groups = new List<SagaGroup>();
        if (!new SagaSearch(_service, query, Now).CanMatch)
        {
            return new Page<SagaGroup>(groups);
        }

        foreach (var definition in query.Definitions.Count == 0 ? [null] : query.Definitions.Select(name => (string?)name))
        {
            var asked = new SagaQuery { Definition = definition, Statuses = query.Statuses.Count == 0 ? null : [.. query.Statuses], FailedStep = query.Step };
            groups.AddRange((await _service.Operations.FailureGroupsAsync(asked, ManagementLimits.LargestCount, ManagementLimits.LargestPage, cancellationToken)).Select(Group));
        }

        return new Page<SagaGroup>([.. groups.OrderByDescending(group => group.Count.Value)]);
    });

    /// <inheritdoc/>
    public Task<Page<LetterGroup>> DeadLetterGroupsAsync(CancellationToken cancellationToken = default) => AskAsync(async () => new Page<LetterGroup>(
    [
        .. from g in await _service.Operations.DeadLetterGroupsAsync(ManagementLimits.LargestCount, ManagementLimits.LargestPage, cancellationToken)
           orderby g.Count.Value descending
           select new LetterGroup(_service.Name, g.Kind, g.Count, g.OldestAt, g.Newest),
    ]));

    /// <inheritdoc/>
    public Task<Page<ProcessItem>> ProcessesAsync(CancellationToken cancellationToken = default) => AskAsync(async () => new Page<ProcessItem>(
    [
        .. (await _service.Operations.InstancesAsync(ManagementLimits.LargestPage, cancellationToken))
            .Select(one => new ProcessItem(_service.Name, one.Number, one.Name, one.Lives, one.Since, one.GoneAt, one.Plans)),
    ]));

    /// <inheritdoc/>
    public Task<IReadOnlyList<LedgerItem>> LedgerAsync(string service, string saga, CancellationToken cancellationToken = default) => AskAsync<IReadOnlyList<LedgerItem>>(service, async () =>
        SagaId.TryParse(saga, out var id)
            ? [.. (await _service.Operations.LedgerAsync(id, ManagementLimits.LargestPage, cancellationToken)).Select(Line)]
            : throw Refusals.BadRequest($"'{saga}' is no id of a saga."));

    private SagaGroup Group(FailureGroup group) => new(
        _service.Name, group.Definition, group.Status.Word(), group.FailedStep, group.FailureType, group.Count, group.OldestStartedAt, group.Newest.ToString(),
        new SagaQueryText { Statuses = [group.Status], Definitions = [group.Definition], Services = [_service.Name], Step = group.FailedStep, Error = group.FailureType }.ToString());

    private LedgerItem Line(LedgerEntry entry) => new(_service.Name, entry.Step, entry.Undo, entry.Attempt, entry.Message, Words.Of(entry.Outcome), entry.ReplyType, entry.At);
}
