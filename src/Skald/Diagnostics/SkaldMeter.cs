using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Skald.Diagnostics;

/// <summary>Every metric, once. All carry the tag <c>service</c>.</summary>
internal static class SkaldMeter
{
    private static readonly Meter Meter = new("Skald");

    public static readonly Counter<long> Handled = Meter.CreateCounter<long>("skald.messages.handled", description: "Commands whose effect or refusal was committed.");

    public static readonly Counter<long> Duplicates = Meter.CreateCounter<long>("skald.messages.duplicates", description: "Repeats answered from the ledger.");

    public static readonly Counter<long> Late = Meter.CreateCounter<long>("skald.messages.late", description: "Replies and events that changed nothing any more.");

    public static readonly Counter<long> Retried = Meter.CreateCounter<long>("skald.messages.retried", description: "Failed messages put back for later.");

    public static readonly Counter<long> DeadLettered = Meter.CreateCounter<long>("skald.messages.dead_lettered", description: "Messages that cannot be handled, whether they are kept or not.");

    public static readonly Counter<long> Refused = Meter.CreateCounter<long>(
        "skald.messages.refused", description: "Messages that were not believed: answers without their request's secret, or without the system's MAC. They are dead letters, too.");

    public static readonly Counter<long> Undeliverable = Meter.CreateCounter<long>(
        "skald.messages.undeliverable", description: "Messages that had nowhere to go, such as answers for a queue that nobody has. They are dead letters, too.");

    public static readonly Counter<long> Flows = Meter.CreateCounter<long>("skald.flows.changed", description: "Flows that entered a status, as their owner sees it; tags flow and status.");

    public static readonly Counter<long> Sagas = Meter.CreateCounter<long>("skald.sagas.changed", description: "Sagas that entered a status; tags saga and status.");

    public static readonly Counter<long> Appended = Meter.CreateCounter<long>("skald.events.appended", description: "Events appended to streams.");

    private static readonly ConcurrentDictionary<(string Service, string Projection), Func<TimeSpan>> Lags = new();

    private static readonly ObservableGauge<double> Lag = Meter.CreateObservableGauge(
        "skald.projection.lag", MeasureLag, "s", "Age of the oldest event that a projection does not contain; tag projection.");

    public static void WatchLag(string service, string projection, Func<TimeSpan> lag)
    {
        _ = Lag;
        Lags[(service, projection)] = lag;
    }

    public static void Forget(string service, string projection) => Lags.TryRemove((service, projection), out _);

    private static IEnumerable<Measurement<double>> MeasureLag() => Lags.Select(l => new Measurement<double>(
        l.Value().TotalSeconds, new("service", l.Key.Service), new("projection", l.Key.Projection)));
}
