using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Xunit;

namespace Skald.Tests;

/// <summary>What is measured when somebody collects.</summary>
public sealed class A_collection_of_metrics
{
    private const string Trips = "gauged.trips";

    [Theory, EveryBackend]
    public async Task Says_what_stands_open_how_old_it_is_and_how_long_what_has_ended_took(Backend backend)
    {
        using var ground = new Ground(backend);
        using var meters = new Collected(Trips);
        await using var host = await Host.StartAsync(ground, (Trips, s => s.AddSaga<NotedTrip>().AddSaga<WaitingTrip>().AddSaga<BrokenTrip>()));
        await host[Trips].WaitAsync((await host[Trips].StartAsync<NotedTrip, Trip>(new Trip("A"))).Id);
        await host[Trips].StartAsync<WaitingTrip, Trip>(new Trip("B"));
        await host[Trips].StartAsync<BrokenTrip, Trip>(new Trip("C"));
        host.Time.Advance(TimeSpan.FromHours(2));
        await Eventually.HoldsAsync("it is parked", async () => (await host[Trips].Operations.SagasAsync(new SagaQuery { Status = SagaStatus.Parked })).Sagas.Count == 1, host.Time, TimeSpan.FromSeconds(10));
        await host[Trips].StartAsync<WaitingTrip, Trip>(new Trip("D"));
        meters.Collect();
        Assert.Equal((2, 0, 1), (meters["skald.sagas.open running"], meters["skald.sagas.open compensating"], meters["skald.sagas.open parked"]));
        Assert.Equal((1, 1, 0), (meters["skald.sagas.older 1m"], meters["skald.sagas.older 1h"], meters["skald.sagas.older 1d"]));
        Assert.Equal((0, 0), (meters["skald.outbox.pending"], meters["skald.lanes.waiting"]));
        Assert.Equal(1, meters["count skald.saga.duration completed"]);
        Assert.True(meters["count messaging.process.duration"] >= 1, "local steps are calls");
        Assert.True(meters["count skald.batch.size"] >= 4, "each start was a batch");
    }

    public sealed class NotedTrip : Saga<Trip>
    {
        protected override void Define(SagaBuilder<Trip> saga) => saga.Step("note").Do((t, _) => t with { Note = "x" }).NothingToUndo("a note");
    }

    public sealed class WaitingTrip : Saga<Trip>
    {
        protected override void Define(SagaBuilder<Trip> saga) => saga.WaitFor<TripPaid>("payment");
    }

    public sealed class BrokenTrip : Saga<Trip>
    {
        protected override void Define(SagaBuilder<Trip> saga)
        {
            saga.Step("note").Do((t, _) => t).Undo((_, _) => new Refusal("No", ""));
            saga.Pivot("refuse").Do((_, _) => new Refusal("No", "")).NothingToUndo("never done");
        }
    }

    private sealed class Collected : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly ConcurrentDictionary<string, double> _values = new();
        private readonly string _service;

        public Collected(string service)
        {
            _service = service;
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == "Skald")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<long>((i, v, t, _) => Take(i, v, t));
            _listener.SetMeasurementEventCallback<int>((i, v, t, _) => Take(i, v, t));
            _listener.SetMeasurementEventCallback<double>((i, v, t, _) => Take(i, v, t));
            _listener.Start();
        }

        public double this[string name] => _values.GetValueOrDefault(name, -1);

        public void Collect() => _listener.RecordObservableInstruments();

        public void Dispose() => _listener.Dispose();

        private void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var (isMine, told) = (false, instrument.Name);
            foreach (var tag in tags)
            {
                isMine |= tag.Key == "service" && (string?)tag.Value == _service;
                told += tag.Key is "status" or "older_than" or "outcome" ? $" {tag.Value}" : "";
            }

            if (isMine)
            {
                _values[told] = value;
                _values.AddOrUpdate($"count {told}", 1, (_, count) => count + 1);
            }
        }
    }
}
