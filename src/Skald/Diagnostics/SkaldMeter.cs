using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Skald.Messaging;

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

    public static readonly Counter<long> Started = Meter.CreateCounter<long>("skald.sagas.started", description: "Sagas that were started; tag saga.");

    public static readonly Counter<long> Appended = Meter.CreateCounter<long>("skald.events.appended", description: "Events appended to streams.");

    /// <summary>How long handlers, local steps and the code of requests take; under the name of the semantic conventions.</summary>
    public static readonly Histogram<double> CallDuration = Meter.CreateHistogram(
        "messaging.process.duration", "s", "Calls of handlers, local steps and requests, whatever became of their batch; tags messaging.operation.name, messaging.destination.name and error.type.",
        advice: Seconds(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10));

    public static readonly Counter<long> Sent = Meter.CreateCounter<long>("messaging.client.sent.messages", "{message}", "Messages that the transport has taken; tag messaging.destination.name.");

    public static readonly Counter<long> Consumed = Meter.CreateCounter<long>(
        "messaging.client.consumed.messages", "{message}", "Messages whose handling was committed; tag messaging.destination.name.");

    public static readonly Histogram<double> SagaDuration = Meter.CreateHistogram(
        "skald.saga.duration", "s", "From a saga's start to its end; tags saga and outcome.", advice: Seconds(0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600, 21_600, 86_400, 604_800));

    public static readonly Histogram<double> StepDuration = Meter.CreateHistogram(
        "skald.step.duration", "s", "From a step's command or wait to what ended it; tags saga, step, outcome and undo.",
        advice: Seconds(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600, 86_400));

    public static readonly Histogram<int> BatchSize = Meter.CreateHistogram<int>("skald.batch.size", "{work}", "How much a lane has done in one transaction.");

    private static readonly ConcurrentDictionary<(string Service, string Projection), Func<TimeSpan>> Lags = new();

    private static readonly ObservableGauge<double> Lag = Meter.CreateObservableGauge(
        "skald.projection.lag", MeasureLag, "s", "Age of the oldest event that a projection does not contain; tag projection.");

    public static void WatchLag(string service, string projection, Func<TimeSpan> lag)
    {
        _ = Lag;
        Lags[(service, projection)] = lag;
    }

    private static readonly ConcurrentDictionary<IGauges, bool> Gauges = new();

    private static readonly ObservableGauge<long> SagasOpen = Meter.CreateObservableGauge(
        "skald.sagas.open", () => Gauges.Keys.SelectMany(service => service.SagasOpen()), "{saga}", "Sagas that have not ended; tag status.");

    private static readonly ObservableGauge<long> SagasOlder = Meter.CreateObservableGauge(
        "skald.sagas.older", () => Gauges.Keys.SelectMany(service => service.SagasOlder()), "{saga}", "Sagas that run or turn back for longer than a minute, an hour, a day; tag older_than.");

    private static readonly ObservableGauge<long> OutboxPending = Meter.CreateObservableGauge(
        "skald.outbox.pending", () => Gauges.Keys.SelectMany(service => service.OutboxPending()), "{message}", "Messages that are committed and not confirmed.");

    private static readonly ObservableGauge<int> LanesBusy = Meter.CreateObservableGauge("skald.lanes.busy", () => Gauges.Keys.Select(service => service.LanesBusy), "{lane}", "Lanes in the middle of a transaction.");

    private static readonly ObservableGauge<int> LanesWaiting = Meter.CreateObservableGauge(
        "skald.lanes.waiting", () => Gauges.Keys.Select(service => service.LanesWaiting), "{work}", "Messages and requests that wait for their turn in a lane.");

    public static void Watch(IGauges service)
    {
        // Made with the class; an unused field would be taken for a mistake.
        _ = (SagasOpen, SagasOlder, OutboxPending, LanesBusy, LanesWaiting);
        Gauges[service] = true;
    }

    public static void Forget(IGauges service) => Gauges.TryRemove(service, out _);

    public static void Forget(string service, string projection) => Lags.TryRemove((service, projection), out _);

    /// <summary>A call of code that is not ours has ended.</summary>
    /// <param name="cause">Why it was made.</param>
    /// <param name="took">How long it took.</param>
    /// <param name="error">The type of what it threw; null for nothing.</param>
    public static void CallTook(in CallCause cause, TimeSpan took, string? error)
    {
        var tags = new TagList
        {
            { "service", cause.Service },
            { "messaging.system", "skald" },
            { "messaging.operation.name", cause is { Message: null, Definition: null } ? "execute" : "process" },
            { "messaging.destination.name", cause.Message?.Destination ?? cause.Step },
        };
        if (error is not null)
        {
            tags.Add("error.type", error);
        }

        CallDuration.Record(took.TotalSeconds, tags);
    }

    /// <summary>The transport has taken messages.</summary>
    public static void CountSent(string service, IEnumerable<OutgoingMessage> messages)
    {
        if (!Sent.Enabled)
        {
            return;
        }

        foreach (var (destination, count) in messages.CountBy(message => message.Envelope.Destination))
        {
            Sent.Add(count, new TagList { { "service", service }, { "messaging.system", "skald" }, { "messaging.destination.name", destination } });
        }
    }

    private static InstrumentAdvice<double> Seconds(params double[] boundaries) => new() { HistogramBucketBoundaries = boundaries };

    private static IEnumerable<Measurement<double>> MeasureLag() => Lags.Select(l => new Measurement<double>(
        l.Value().TotalSeconds, new("service", l.Key.Service), new("projection", l.Key.Projection)));
}
