using System.Globalization;
using Skald.Management;

namespace Skald.Dashboard;

/// <summary>What is around every page: counts, and names to suggest. It is asked for at most every few seconds, however many look.</summary>
internal sealed class Frame(IManagement management, TimeProvider time) : IDisposable
{
    private const int MostLetters = 100;
    private static readonly TimeSpan CountsKeep = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan NamesKeep = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private readonly SemaphoreSlim _asking = new(1);
    private (long At, Counts Counts) _counts = (long.MinValue, new Counts());
    private (long At, IReadOnlyList<string> Offers) _offers = (long.MinValue, []);

    /// <summary>What is asked.</summary>
    public IManagement Management => management;

    public void Dispose() => _asking.Dispose();

    /// <summary>Puts navigation and foot on a desk. What cannot be counted has no number.</summary>
    public async Task SetAsync(Desk desk, CancellationToken cancellationToken)
    {
        var counts = await CountsAsync(cancellationToken);
        var parked = counts.Sagas?.ByStatus.GetValueOrDefault("parked") ?? default;
        desk.Places =
        [
            new("", "Overview", "overview"),
            new("sagas", "Sagas", "sagas") { Count = parked.Value > 0 ? $"{parked} parked" : counts.Sagas?.All.ToString(), Alarm = parked.Value > 0 },
            new("flows", "Flows", "flows") { Count = counts.Stuck is > 0 ? $"{counts.Stuck} stuck" : null, Alarm = counts.Stuck is > 0 },
            new("timers", "Timers", "timers"),
            new("dead-letters", "Dead letters", "letters") { Count = counts.Letters, Alarm = counts.Letters is not null },
            new("streams", "Streams", "streams"),
            new("projections", "Projections", "projections") { Count = counts.Stopped is > 0 ? $"{counts.Stopped} stopped" : null, Alarm = counts.Stopped is > 0 },
            new("services", "Services", "services") { Count = counts.Services?.ToString(CultureInfo.InvariantCulture), Alarm = counts.Away > 0 },
            new("processes", "Processes", "processes"),
            new("jobs", "Jobs", "jobs"),
            new("audit", "Audit", "audit"),
            new("balance", "Balance", "balance"),
        ];
        desk.Foot = counts.Services is { } services ? $"{services} {(services == 1 ? "service" : "services")}{(counts.Away > 0 ? $", {counts.Away} without an answer" : "")}" : null;
    }

    /// <summary>What can be typed into the search: names of terms, and the values that there are.</summary>
    public async Task<IReadOnlyList<string>> OffersAsync(CancellationToken cancellationToken)
    {
        if (time.GetElapsedTime(_offers.At) < NamesKeep && _offers.At != long.MinValue)
        {
            return _offers.Offers;
        }

        try
        {
            var definitions = await management.DefinitionsAsync(cancellationToken).WaitAsync(Patience, time, cancellationToken);
            _offers = (time.GetTimestamp(), Offers(definitions.Items));
        }
        catch (Exception e) when (e is ManagementException or TimeoutException)
        {
            // Suggestions are no reason to have no page.
        }

        return _offers.Offers;
    }

    private static List<string> Offers(IReadOnlyList<DefinitionInfo> definitions) =>
    [
        .. SagaQueryText.Names.Select(name => name + ":"),
        .. SagaQueryText.StatusWords.Select(word => $"status:{word}"),
        .. definitions.Select(d => new SagaQueryText { Definitions = [d.Name] }.ToString()).Distinct(),
        .. definitions.Select(d => new SagaQueryText { Services = [d.Service] }.ToString()).Distinct(),
        .. definitions.SelectMany(d => d.Steps).Select(s => new SagaQueryText { Step = s.Name }.ToString()).Distinct(),
        "age:>1m", "age:>10m", "age:>1h", "age:>1d", "age:<10m", "age:<1h",
    ];

    private async Task<Counts> CountsAsync(CancellationToken cancellationToken)
    {
        if (IsFresh() || !await _asking.WaitAsync(_counts.At == long.MinValue ? Patience : TimeSpan.Zero, cancellationToken))
        {
            return _counts.Counts;
        }

        try
        {
            if (!IsFresh())
            {
                _counts = (time.GetTimestamp(), await AskAsync(cancellationToken));
            }

            return _counts.Counts;
        }
        finally
        {
            _asking.Release();
        }
    }

    private bool IsFresh() => _counts.At != long.MinValue && time.GetElapsedTime(_counts.At) < CountsKeep;

    private async Task<Counts> AskAsync(CancellationToken cancellationToken)
    {
        var sagas = OrNothing(management.CountSagasAsync(null, cancellationToken), cancellationToken);
        var letters = OrNothing(management.DeadLettersAsync(new ListQuery { Limit = MostLetters }, cancellationToken), cancellationToken);
        var stuck = OrNothing(management.FlowsAsync(new FlowListQuery { Status = "stuck", Limit = MostLetters }, cancellationToken), cancellationToken);
        var projections = OrNothing(management.ProjectionsAsync(cancellationToken), cancellationToken);
        var services = OrNothing(management.ServicesAsync(cancellationToken), cancellationToken);
        return new Counts
        {
            Sagas = await sagas,
            Letters = Text(await letters),
            Stuck = (await stuck)?.Items.Count,
            Stopped = (await projections)?.Items.Count(p => p.State is "stopped" or "unreachable"),
            Services = (await services) is { } known ? known.Items.Count + known.Missing.Count : null,
            Away = (await services)?.Missing.Count ?? 0,
        };
    }

    private static string? Text(Page<DeadLetterItem>? letters) =>
        letters is null or { Items.Count: 0 } ? null : new CappedCount(letters.Items.Count, letters.Next is not null).ToString();

    private async Task<T?> OrNothing<T>(Task<T> question, CancellationToken cancellationToken) where T : class
    {
        try
        {
            return await question.WaitAsync(Patience, time, cancellationToken);
        }
        catch (Exception e) when (e is ManagementException or TimeoutException or NotSupportedException)
        {
            return null;
        }
    }

    private sealed record Counts
    {
        public SagaCounts? Sagas { get; init; }

        public string? Letters { get; init; }

        public int? Stuck { get; init; }

        public int? Stopped { get; init; }

        public int? Services { get; init; }

        public int Away { get; init; }
    }
}
