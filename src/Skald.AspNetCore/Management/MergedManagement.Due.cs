namespace Skald.Management;

// What waits for its time.
public sealed partial class MergedManagement
{
    /// <inheritdoc/>
    public async Task<Page<TimerItem>> TimersAsync(ListQuery query, CancellationToken cancellationToken = default) =>
        await SoonestAsync((part, asked, token) => part.TimersAsync(asked, token), query, timer => (timer.Saga, timer.Due), cancellationToken);

    /// <inheritdoc/>
    public async Task<Page<DelayedItem>> DelayedAsync(ListQuery query, CancellationToken cancellationToken = default) =>
        await SoonestAsync((part, asked, token) => part.DelayedAsync(asked, token), query, message => (message.Id, message.Due), cancellationToken);

    private async Task<Page<T>> SoonestAsync<T>(
        Func<IManagement, ListQuery, CancellationToken, Task<Page<T>>> ask, ListQuery query, Func<T, (string Of, DateTimeOffset Due)> row, CancellationToken cancellationToken)
    {
        Asked.Check(query);
        var (cursors, merge) = (PartCursors.Read(query.Cursor), new SoonestFirst<T>(query.Limit, row));
        var (given, missing) = await AskAsync(_parts.All.Where(part => cursors.GetValueOrDefault(part.Name) != PartCursors.Ended).Select(part => (part, query.Limit)));

        // A part of which not all belongs to this page is asked for as much as does, since it alone knows how it goes on from there.
        var shares = merge.Share(given.Select(one => one.Page.Items));
        var cut = given.Zip(shares).Where(one => one.Second is { Taken: > 0, IsAll: false }).Select(one => (one.First.Part, one.Second.Taken));
        var (again, silent) = await AskAsync(cut);
        List<(ManagementPart Part, Page<T> Page)> shown = [.. given.Zip(shares).Where(one => one.Second.IsAll).Select(one => one.First), .. again];
        foreach (var (part, page) in shown)
        {
            cursors[part.Name] = page.Next ?? PartCursors.Ended;
        }

        var goesOn = shown.Count < given.Count || shown.Any(one => one.Page.Next is not null);
        return new Page<T>(merge.Ordered(shown.SelectMany(one => one.Page.Items)))
        {
            Next = goesOn ? PartCursors.Write(cursors) : null,
            Missing = [.. missing, .. silent, .. shown.SelectMany(one => one.Page.Missing)],
        };

        Task<(IReadOnlyList<(ManagementPart Part, Page<T> Page)> Answers, IReadOnlyList<MissingService> Missing)> AskAsync(IEnumerable<(ManagementPart Part, int Limit)> parts)
        {
            var limits = parts.ToDictionary();
            return _parts.AskAsync(
                limits.Keys, async (part, token) => (part, await ask(part.Management, query with { Cursor = cursors.GetValueOrDefault(part.Name), Limit = limits[part] }, token)), cancellationToken);
        }
    }
}
