using System.Collections.Concurrent;
using System.Diagnostics;
using Skald.Messaging;
using Xunit;

namespace Skald.Tests;

/// <summary>What spans say, without an exporter: <c>A_trace_of_an_order</c> reads the real export of four processes.</summary>
[Collection(nameof(ActivityListener))]
public sealed class A_trace : IDisposable
{
    private const string App = "test.traces";
    private static readonly ActivitySource Application = new(App);
    private static int s_count;

    // Others of this process trace as well, for services of other names.
    private readonly string _trips = $"traced{Interlocked.Increment(ref s_count)}.trips";
    private readonly string _seats;
    private readonly ConcurrentQueue<Activity> _ended = new();
    private readonly ActivityListener _listener;

    public A_trace()
    {
        _seats = _trips.Replace(".trips", ".seats", StringComparison.Ordinal);
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is "Skald" or App,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _ended.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose() => _listener.Dispose();

    [Theory, EveryBackend]
    public async Task Of_a_saga_is_one_whatever_stands_still_in_between_and_what_wakes_it_is_a_link(Backend backend)
    {
        using var ground = new Ground(backend);
        SagaId saga;
        string trace;
        using (var request = Application.StartActivity("request")!)
        {
            trace = request.TraceId.ToHexString();
            await using var host = await StartAsync(ground);
            saga = (await host[_trips].StartAsync<LongSaga, Trip>(new Trip("T1"))).Id;
            await Eventually.HoldsAsync("it waits", async () => (await host[_trips].FindSagaAsync(saga))!.Step == "payment");
        }

        ground.Time.Advance(TimeSpan.FromDays(4));
        await using var later = await StartAsync(ground);
        await Eventually.HoldsAsync("it has turned back", async () => (await later[_trips].FindSagaAsync(saga))!.Status == SagaStatus.Compensated, later.Time, TimeSpan.FromSeconds(1));

        var start = Single("start long");
        var sends = Ended(_trips).Where(span => span.Kind == ActivityKind.Producer).ToList();
        Assert.Equal(["reserve seat False", "reserve seat True"], sends.Select(span => $"{span.GetTagItem("skald.saga.step")} {span.GetTagItem("skald.compensating")}"));
        Assert.All(sends, span => Assert.Equal((trace, start.SpanId), (span.TraceId.ToHexString(), span.ParentSpanId)));
        Assert.All(Ended(_seats).Where(span => span.Kind == ActivityKind.Consumer), span => Assert.Equal(trace, span.TraceId.ToHexString()));
        // While nobody was there its time stood still: it is woken, and once more when that has passed.
        var wakes = Ended(_trips).Where(span => span.OperationName == "wake long").ToList();
        Assert.NotEmpty(wakes);
        Assert.All(wakes, wake => Assert.Equal((start.SpanId, false), (Assert.Single(wake.Links).Context.SpanId, wake.TraceId.ToHexString() == trace)));
    }

    [Theory, EveryBackend]
    public async Task Has_nothing_of_a_batch_that_was_rolled_back(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground);
        // A step throws: in its batch, alone, and then all but that step is done once more.
        var saga = (await host[_trips].StartAsync<FailingSaga, Trip>(new Trip("T1"))).Id;
        await Eventually.HoldsAsync("it has turned back", async () => (await host[_trips].FindSagaAsync(saga))!.Status == SagaStatus.Compensated, host.Time, TimeSpan.FromSeconds(1));
        Assert.Equal(1, Ended(_trips).Count(span => span.OperationName.StartsWith("publish ", StringComparison.Ordinal)));
        Assert.Equal(3, Ended(_trips).Count(span => span.OperationName == "step publish"));
    }

    [Theory, EveryBackend]
    public async Task Has_each_try_of_a_handler(Backend backend)
    {
        using var ground = new Ground(backend);
        Desk.FailsFor = _seats;
        await using var host = await StartAsync(ground);
        await using var wire = await Wire.StartAsync(host[_seats], "t.replies");
        var command = Wire.ReserveSeat(new SagaId(new Guid(1, 2, 3, new byte[8])), "t.replies") with { Destination = _seats + ".commands" };
        await wire.SendAsync(command, new ReserveSeat(_seats));
        await Eventually.HoldsAsync("it is put off", async () => (await host[_seats].Operations.DelayedAsync()).Count == 1);
        Desk.FailsFor = null;
        await Eventually.HoldsAsync("it is answered", () => Task.FromResult(wire.Waiting == 1), host.Time, TimeSpan.FromSeconds(1));

        // In its batch, alone, and once more from the row.
        var tries = Ended(_seats).Where(span => span.Kind == ActivityKind.Consumer).ToList();
        Assert.Equal([ActivityStatusCode.Error, ActivityStatusCode.Error, ActivityStatusCode.Unset], tries.Select(span => span.Status));
        Assert.Equal(["1", "1", "2"], tries.Select(span => $"{span.GetTagItem("skald.attempt")}"));
        Assert.Equal("System.InvalidOperationException", tries[0].GetTagItem("error.type"));
    }

    [Fact]
    public async Task Of_an_event_is_its_handlers_own_with_a_link_to_who_published_it()
    {
        using var ground = new Ground(Backend.Memory);
        await using var host = await StartAsync(ground);
        using (Application.StartActivity("request"))
        {
            await host[_seats].PublishAsync(new TripApproved("Ann"));
        }

        await Eventually.HoldsAsync("it is handled", () => Task.FromResult(Ended(_trips).Any(span => span.Kind == ActivityKind.Consumer)));
        var (published, handled) = (Ended(_seats).Single(span => span.Kind == ActivityKind.Producer), Ended(_trips).Single(span => span.Kind == ActivityKind.Consumer));
        Assert.Equal(published.SpanId, Assert.Single(handled.Links).Context.SpanId);
        Assert.NotEqual(published.TraceId, handled.TraceId);
        Assert.Equal(_ended.Single(span => span.OperationName == "request").TraceId, published.TraceId);
    }

    [Fact]
    public async Task Is_current_in_handlers_and_that_of_the_hosts_start_in_none()
    {
        using var ground = new Ground(Backend.Memory);
        Host host;
        using (Application.StartActivity("the host starts"))
        {
            host = await StartAsync(ground);
        }

        var start = _ended.Single(span => span.OperationName == "the host starts");
        var current = await host[_trips].ExecuteAsync(_ => new ValueTask<Activity?>(Activity.Current));
        Assert.Equal($"execute {_trips}", current!.OperationName);
        Assert.NotEqual(start.TraceId, current.TraceId);
        await host.DisposeAsync();
        Assert.All(Ended(_trips).Concat(Ended(_seats)), span => Assert.NotEqual(start.TraceId, span.TraceId));
    }

    private List<Activity> Ended(string service) => [.. _ended.Where(span => (string?)span.GetTagItem("skald.service") == service)];

    private Activity Single(string name) => Ended(_trips).Single(span => span.OperationName == name);

    private Task<Host> StartAsync(Ground ground) => Host.StartAsync(
        ground, (_trips, s => s.AddSaga<LongSaga>().AddSaga<FailingSaga>().AddHandlers<Clerk>().Publishes<TripPaid>()), (_seats, s => s.AddHandlers<Desk>().Publishes<TripApproved>()));

    public sealed class LongSaga : Saga<Trip>
    {
        protected override void Define(SagaBuilder<Trip> saga)
        {
            saga.Step("reserve seat").Send(t => new ReserveSeat(t.Id)).Undo(t => new ReleaseSeat(t.Id));
            saga.WaitFor<TripPaid>("payment").Within(TimeSpan.FromDays(3));
        }
    }

    public sealed class FailingSaga : Saga<Trip>
    {
        protected override void Define(SagaBuilder<Trip> saga)
        {
            saga.Step("reserve seat").Send(t => new ReserveSeat(t.Id)).Undo(t => new ReleaseSeat(t.Id));
            saga.Step("publish").Do((t, context) =>
            {
                context.Publish(new TripPaid(t.Id, "Ann"));
                return t;
            }).NothingToUndo("it is said");
            saga.Step("fail").Do((_, _) => throw new InvalidOperationException("it fails")).NothingToUndo("never done");
        }
    }

    public sealed class Clerk
    {
        public void Handle(TripApproved approved, MessageContext context)
        {
        }
    }

    public sealed class Desk
    {
        private static volatile string? _failsFor;

        public static string? FailsFor
        {
            get => _failsFor;
            set => _failsFor = value;
        }

        public Reply<SeatReserved> Handle(ReserveSeat command, MessageContext context)
        {
            if (command.Trip != "T1")
            {
                context.Publish(new TripApproved("desk"));
            }

            return command.Trip == FailsFor ? throw new InvalidOperationException("no seat today") : new SeatReserved("1A");
        }

        public Reply<Done> Handle(ReleaseSeat command, MessageContext context) => Done.Instance;
    }
}

/// <summary>Where nobody listens to Skald, and an application traces all the same.</summary>
[Collection(nameof(ActivityListener))]
public sealed class An_application_that_traces_itself : IDisposable
{
    private const string App = "test.application";
    private static readonly ActivitySource Application = new(App);

    private readonly ActivityListener _listener = new()
    {
        ShouldListenTo = source => source.Name == App,
        Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
    };

    public An_application_that_traces_itself() => ActivitySource.AddActivityListener(_listener);

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task Finds_its_own_trace_in_what_it_asks_for_and_never_that_of_the_start()
    {
        using var ground = new Ground(Backend.Memory);
        Host host;
        using (Application.StartActivity("the host starts"))
        {
            host = await Host.StartAsync(ground, ("t.seats", _ => { }));
        }

        await using var disposal = host;
        Assert.NotEqual("the host starts", await host["t.seats"].ExecuteAsync(_ => new ValueTask<string?>(Activity.Current?.OperationName)));
        using var request = Application.StartActivity("request")!;
        Assert.Equal(request.TraceId, await host["t.seats"].ExecuteAsync(_ => new ValueTask<ActivityTraceId?>(Activity.Current?.TraceId)));
    }
}
