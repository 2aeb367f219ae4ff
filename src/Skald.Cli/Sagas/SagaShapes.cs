using System.Text.Json.Serialization;
using Skald.Cli.Output;
using Skald.Management;

namespace Skald.Cli.Sagas;

/// <summary>A saga with all that is known of it, to be kept or sent to somebody.</summary>
/// <param name="Saga">Where it stands.</param>
/// <param name="Timeline">What happened to it.</param>
/// <param name="Exchanges">Its messages over all services.</param>
internal sealed record SagaExport(SagaDetail Saga, IReadOnlyList<TimelineItem> Timeline, Exchanges Exchanges);

/// <summary>What an act would do to one of many sagas.</summary>
internal sealed record NamedForecast(string Service, string Id, ActForecast Forecast);

[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(SagaExport))]
[JsonSerializable(typeof(NamedForecast))]
internal sealed partial class SagaJson : JsonSerializerContext;

/// <summary>How sagas and what belongs to them are printed.</summary>
internal static class SagaShapes
{
    public static Shape<SagaItem> Items(DateTimeOffset now) => new(
        ManagementJson.Of<SagaItem>(), saga => $"{saga.Service}/{saga.Id}",
        [
            new("id", s => s.Id) { Rank = 0 },
            new("status", s => s.Status) { Rank = 0, Colour = s => Words.Colour(s.Status) },
            new("saga", s => s.Definition) { Rank = 3 },
            new("key", s => s.Key) { Rank = 2 },
            new("done", s => s.Total > 0 ? FormattableString.Invariant($"{s.Done}/{s.Total}") : "") { Rank = 5, IsNumber = true },
            new("started", s => When.Ago(s.StartedAt, now)) { Rank = 4 },
            new("service", s => s.Service) { Rank = 6 },
            new("why", s => s.Why) { Wraps = true },
        ]);

    /// <summary>What <c>show</c> prints.</summary>
    public static Shape<SagaDetail> Detail { get; } = new(ManagementJson.Of<SagaDetail>(), saga => $"{saga.Saga.Service}/{saga.Saga.Id}", []);

    public static Shape<SagaExport> Export { get; } = new(SagaJson.Default.SagaExport, saga => $"{saga.Saga.Saga.Service}/{saga.Saga.Saga.Id}", []);

    public static Shape<TimelineItem> Timeline { get; } = new(
        ManagementJson.Of<TimelineItem>(), item => item.Service,
        [
            new("at", t => Words.Moment(t.At)) { Rank = 0 },
            new("what", t => t.Kind) { Rank = 0 },
            new("by", t => t.Actor) { Rank = 2 },
            new("says", t => t.Says) { Wraps = true },
        ]);

    public static IReadOnlyList<Column<PlanStep>> Plan(DateTimeOffset now) =>
    [
        new("step", p => p.Step.Name) { Rank = 0 },
        new("stands", p => p.State) { Rank = 0, Colour = p => Words.Colour(p.State) },
        new("kind", p => p.Step.Kind) { Rank = 4 },
        new("due", p => p.Due is { } due ? When.Ago(due, now) : "") { Rank = 2 },
        new("says", p => p.Says) { Wraps = true },
    ];

    public static IReadOnlyList<Column<ActOffer>> Offers { get; } =
    [
        new("act", a => a.Act) { Rank = 0 },
        new("now", a => a.Allowed ? "yes" : "no") { Rank = 0 },
        new("says", a => a.Allowed ? a.Says : a.WhyNot) { Wraps = true },
    ];
}
