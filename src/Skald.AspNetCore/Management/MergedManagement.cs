namespace Skald.Management;

/// <summary>
/// Several managements as one: those of this process's services and those behind the APIs of others. All are asked at once, each with a deadline; an answer names
/// those that did not give theirs. What is about one service is asked of whoever has it.
/// </summary>
public sealed partial class MergedManagement : IManagement
{
    private readonly FanOut _parts;
    private readonly ChangeLog _changed;
    private readonly TimeProvider _time;

    /// <summary>Puts them together.</summary>
    /// <param name="parts">The managements.</param>
    /// <param name="time">The clock; the system's unless given.</param>
    public MergedManagement(IEnumerable<ManagementPart> parts, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(parts);
        _time = time ?? TimeProvider.System;
        _parts = new FanOut([.. parts], _time);
        _changed = new ChangeLog(this, _time);
    }

    /// <inheritdoc/>
    public async Task<Page<ServiceInfo>> ServicesAsync(CancellationToken cancellationToken = default) =>
        await AllAsync((part, token) => part.ServicesAsync(token), services => services.OrderBy(s => s.Service, StringComparer.Ordinal), cancellationToken);

    /// <inheritdoc/>
    public async Task<Page<DefinitionInfo>> DefinitionsAsync(CancellationToken cancellationToken = default) => await AllAsync(
        (part, token) => part.DefinitionsAsync(token), all => all.OrderBy(d => d.Service, StringComparer.Ordinal).ThenBy(d => d.Name, StringComparer.Ordinal).ThenBy(d => d.Version), cancellationToken);

    /// <inheritdoc/>
    public async Task<Page<ProjectionItem>> ProjectionsAsync(CancellationToken cancellationToken = default) => await AllAsync(
        (part, token) => part.ProjectionsAsync(token), all => all.OrderBy(p => p.Service, StringComparer.Ordinal).ThenBy(p => p.Name, StringComparer.Ordinal), cancellationToken);

    /// <inheritdoc/>
    public async Task<Page<SagaItem>> SagasAsync(SagaListQuery query, CancellationToken cancellationToken = default)
    {
        Asked.Check(query);
        Asked.Query(query.Q);
        return await NewestAsync((part, token) => part.SagasAsync(query, token), query, saga => (saga.StartedAt.ToUnixTimeMilliseconds(), Guid.Parse(saga.Id)), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<SagaCounts> CountSagasAsync(string? q, CancellationToken cancellationToken = default)
    {
        Asked.Query(q);
        var (answers, missing) = await _parts.AskAsync((part, token) => part.CountSagasAsync(q, token), cancellationToken);
        return Counting.Merge(answers) with { Missing = [.. missing, .. answers.SelectMany(answer => answer.Missing)] };
    }

    /// <inheritdoc/>
    public async Task<Page<FlowItem>> FlowsAsync(FlowListQuery query, CancellationToken cancellationToken = default)
    {
        Asked.Check(query);
        FlowItems.StatusOf(query.Status);
        return await NewestAsync((part, token) => part.FlowsAsync(query, token), query, flow => NewestFirst.Read(flow.Cursor), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<Page<DeadLetterItem>> DeadLettersAsync(ListQuery query, CancellationToken cancellationToken = default)
    {
        Asked.Check(query);
        var (answers, missing) = await _parts.AskAsync((part, token) => part.DeadLettersAsync(query, token), cancellationToken);
        // One that goes on has as many as were asked for, so that those of services behind it are not on this page.
        var letters = answers.SelectMany(answer => answer.Items).OrderBy(letter => letter.Service, StringComparer.Ordinal).ThenBy(letter => letter.Number);
        return LetterCursor.Page(letters, query.Limit, answers.Any(answer => answer.Next is not null)) with { Missing = [.. missing, .. answers.SelectMany(answer => answer.Missing)] };
    }

    /// <inheritdoc/>
    public async Task<Page<SagaGroup>> SagaGroupsAsync(string? q, CancellationToken cancellationToken = default)
    {
        Asked.Query(q);
        return await AllAsync((part, token) => part.SagaGroupsAsync(q, token), all => all.OrderByDescending(group => group.Count.Value), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<Page<LetterGroup>> DeadLetterGroupsAsync(CancellationToken cancellationToken = default) =>
        await AllAsync((part, token) => part.DeadLetterGroupsAsync(token), all => all.OrderByDescending(group => group.Count.Value), cancellationToken);

    /// <inheritdoc/>
    public async Task<Page<ProcessItem>> ProcessesAsync(CancellationToken cancellationToken = default) => await AllAsync(
        (part, token) => part.ProcessesAsync(token), all => all.OrderBy(one => one.Service, StringComparer.Ordinal).ThenByDescending(one => one.Instance), cancellationToken);

    /// <inheritdoc/>
    public async Task<MetricsReport> MetricsAsync(CancellationToken cancellationToken = default)
    {
        var (answers, missing) = await _parts.AskAsync((part, token) => part.MetricsAsync(token), cancellationToken);
        return new MetricsReport(_time.GetUtcNow(), answers.Select(answer => answer.EverySeconds).DefaultIfEmpty().Max(), [.. answers.SelectMany(answer => answer.Services).OrderBy(s => s.Service, StringComparer.Ordinal)])
        {
            Missing = [.. missing, .. answers.SelectMany(answer => answer.Missing)],
        };
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<Change> ChangesAsync(CancellationToken cancellationToken = default) => _changed.FollowAsync(cancellationToken);

    /// <summary>What has changed, for a feed that many listen to.</summary>
    public ILiveSource Changes => _changed;

    private async Task<Page<T>> AllAsync<T>(Func<IManagement, CancellationToken, Task<Page<T>>> ask, Func<IEnumerable<T>, IEnumerable<T>> order, CancellationToken cancellationToken)
    {
        var (answers, missing) = await _parts.AskAsync(ask, cancellationToken);
        return new Page<T>([.. order(answers.SelectMany(answer => answer.Items))]) { Missing = [.. missing, .. answers.SelectMany(answer => answer.Missing)] };
    }

    private async Task<Page<T>> NewestAsync<T>(
        Func<IManagement, CancellationToken, Task<Page<T>>> ask, ListQuery query, Func<T, (long At, Guid Id)> position, CancellationToken cancellationToken)
    {
        if (query.Cursor is { } cursor)
        {
            NewestFirst.Read(cursor);
        }

        var (answers, missing) = await _parts.AskAsync(ask, cancellationToken);
        var (items, next) = NewestFirst.Merge(answers.Select(answer => (answer.Items, answer.Next)), position, query.Limit);
        return new Page<T>(items) { Next = next, Missing = [.. missing, .. answers.SelectMany(answer => answer.Missing)] };
    }
}
