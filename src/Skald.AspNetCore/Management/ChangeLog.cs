using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Skald.Management;

/// <summary>
/// Notices what has changed by looking: at the newest sagas, at those that have not ended, and at the newest flows. However many listen, it looks once for all of
/// them, and not at all while nobody does. What is not among these rows is not noticed.
/// </summary>
/// <param name="management">Whom it asks.</param>
/// <param name="time">The clock.</param>
public sealed class ChangeLog(IManagement management, TimeProvider time) : ILiveSource
{
    private const int Kept = 1000;

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(500);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (string State, long Number)> _known = [];
    private readonly LinkedList<Change> _changes = new();
    private Task<IReadOnlyList<Change>>? _look;
    private long _lookedAt;
    private long _last;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<LiveItem>> NewestAsync(int limit, CancellationToken cancellationToken) =>
        [.. (await LookAsync(cancellationToken)).TakeLast(limit).Select(Item)];

    /// <inheritdoc/>
    public async Task<IReadOnlyList<LiveItem>> ChangedSinceAsync(long number, int limit, CancellationToken cancellationToken) =>
        [.. (await LookAsync(cancellationToken)).Where(change => change.Number > number).Take(limit).Select(Item)];

    /// <summary>What changes from now on.</summary>
    /// <param name="cancellationToken">Ends it.</param>
    public async IAsyncEnumerable<Change> FollowAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var seen = (await LookAsync(cancellationToken)) is [.., var last] ? last.Number : 0;
        using var timer = new PeriodicTimer(LookEvery, time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            foreach (var change in (await LookAsync(cancellationToken)).Where(change => change.Number > seen))
            {
                seen = change.Number;
                yield return change;
            }
        }
    }

    private static LiveItem Item(Change change) => new(change.Number, Key(change.Kind, change.Service, change.Id), JsonSerializer.Serialize(change, ManagementJson.Of<Change>()));

    private static string Key(string kind, string service, string id) => $"{kind} {service} {id}";

    private Task<IReadOnlyList<Change>> LookAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_look is null || (_look.IsCompleted && (!_look.IsCompletedSuccessfully || time.GetElapsedTime(_lookedAt) >= LookEvery / 2)))
            {
                (_look, _lookedAt) = (LookNowAsync(), time.GetTimestamp());
            }

            return _look.WaitAsync(cancellationToken);
        }
    }

    /// <summary>It is for all who wait for it: nobody's token ends it.</summary>
    private async Task<IReadOnlyList<Change>> LookNowAsync()
    {
        var cancellationToken = CancellationToken.None;
        var newest = await management.SagasAsync(new SagaListQuery { Limit = ManagementLimits.LargestPage }, cancellationToken);
        var open = await management.SagasAsync(new SagaListQuery { Q = "status:open", Limit = ManagementLimits.LargestPage }, cancellationToken);
        var flows = await management.FlowsAsync(new FlowListQuery { Limit = ManagementLimits.LargestPage }, cancellationToken);
        var seen = new HashSet<string>();
        foreach (var saga in newest.Items.Concat(open.Items).DistinctBy(saga => (saga.Service, saga.Id)).OrderBy(saga => saga.UpdatedAt))
        {
            Note(seen, new Change(0, "saga", saga.Service, saga.Id) { Saga = saga }, string.Create(CultureInfo.InvariantCulture, $"{saga.Version} {saga.Hold}"));
        }

        foreach (var flow in flows.Items.OrderBy(flow => flow.UpdatedAt))
        {
            Note(seen, new Change(0, "flow", flow.Service, flow.Id) { Flow = flow }, string.Create(CultureInfo.InvariantCulture, $"{flow.Status} {flow.UpdatedAt.UtcTicks}"));
        }

        foreach (var gone in _known.Where(known => !seen.Contains(known.Key)).OrderBy(known => known.Value.Number).Take(Math.Max(0, _known.Count - (4 * ManagementLimits.LargestPage))).ToList())
        {
            _known.Remove(gone.Key);
        }

        return [.. _changes];
    }

    private void Note(HashSet<string> seen, Change change, string state)
    {
        var key = Key(change.Kind, change.Service, change.Id);
        seen.Add(key);
        if (_known.TryGetValue(key, out var known) && known.State == state)
        {
            return;
        }

        // By the clock, so that the numbers of another process, or of this one after a restart, are not taken for those of this one.
        _last = Math.Max(_last + 1, time.GetUtcNow().ToUnixTimeMilliseconds() * 1000);
        _known[key] = (state, _last);
        _changes.AddLast(change with { Number = _last });
        while (_changes.Count > Kept)
        {
            _changes.RemoveFirst();
        }
    }
}
