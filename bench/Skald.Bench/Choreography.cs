using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Skald.Bench;

// A booking by events alone: created, paid, reserved. Three events, five copies with the owner's own; each service commits its part.

[Event("BOOKING_CREATED")]
public sealed record BookingCreated(int Number, string Slot) : IEvent;

[Event("BILL_PAID")]
public sealed record BillPaid(int Number, int Amount) : IEvent;

[Event("SLOT_RESERVED")]
public sealed record SlotReserved(int Number) : IEvent;

public sealed class BookingFlow : Flow
{
    protected override void Define(FlowBuilder flow)
    {
        flow.StartsWith<BookingCreated>("booking").NothingToUndo("measured without failures");
        flow.Event<BillPaid>("billing").NothingToUndo("measured without failures");
        flow.CompletesWith<SlotReserved>("parking");
        flow.After<BookingCreated>().Expect<BillPaid>().Within(TimeSpan.FromMinutes(15));
        flow.After<BillPaid>().Expect<SlotReserved>().Within(TimeSpan.FromMinutes(1));
    }
}

public sealed class BillingReacts
{
    public void Handle(BookingCreated created, MessageContext context) => context.Publish(new BillPaid(created.Number, 100));
}

public sealed class ParkingReacts
{
    public void Handle(BillPaid paid, MessageContext context) => context.Publish(new SlotReserved(paid.Number));
}

/// <summary>Tells when a booking has heard of its slot.</summary>
public sealed class BookingEnds
{
    public ConcurrentDictionary<int, TaskCompletionSource> Waiting { get; } = new();

    public void Handle(SlotReserved reserved, MessageContext context)
    {
        if (Waiting.TryRemove(reserved.Number, out var waiting))
        {
            waiting.TrySetResult();
        }
    }
}

/// <summary>Three services of one process that react to each other, each with its own database, and one broker between them.</summary>
public sealed class Choreography : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("skald-bench-").FullName;
    private readonly IHost _host;
    private int _number;

    /// <param name="ground">Gives a service its store and broker; a SQLite file each and a broker file unless set.</param>
    public Choreography(Action<SkaldBuilder, string>? ground = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton<BookingEnds>();
        Add("booking", s => s.AddFlow<BookingFlow>().AddHandlers<BookingEnds>());
        Add("billing", s => s.AddFlow<BookingFlow>().AddHandlers<BillingReacts>());
        Add("parking", s => s.AddFlow<BookingFlow>().AddHandlers<ParkingReacts>());
        _host = builder.Build();
        Booking = _host.Services.GetRequiredKeyedService<SkaldService>("flows.booking");

        void Add(string name, Action<SkaldBuilder> configure) => builder.Services.AddSkald("flows." + name, s =>
        {
            if (ground is null)
            {
                s.UseSqlite(Path.Combine(_folder, name + ".db")).UseSqliteBroker(Path.Combine(_folder, "broker.db"));
            }
            else
            {
                ground(s, Path.Combine(_folder, name + ".db"));
            }

            configure(s);
        });
    }

    private SkaldService Booking { get; }

    private BookingEnds Ends => _host.Services.GetRequiredService<BookingEnds>();

    public async Task<Choreography> StartAsync()
    {
        await _host.StartAsync();
        return this;
    }

    /// <summary>Publishes bookings as fast as they are taken, and waits until every flow is completed in its owner's database.</summary>
    /// <returns>Flows per second.</returns>
    public async Task<double> RunAsync(int flows)
    {
        var watch = Stopwatch.StartNew();
        var left = flows;
        var begun = new ConcurrentQueue<string>();
        await Task.WhenAll(Enumerable.Range(0, 512).Select(async _ =>
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                begun.Enqueue(await BeginAsync());
            }
        }));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while ((await Booking.FlowsAsync(FlowStatus.Running, 1)).Count > 0)
        {
            await timer.WaitForNextTickAsync();
        }

        var rate = flows / watch.Elapsed.TotalSeconds;
        foreach (var id in begun)
        {
            if ((await Booking.FindFlowAsync(id))?.Status != FlowStatus.Completed)
            {
                throw new InvalidOperationException($"Flow {id} is not completed.");
            }
        }

        return rate;
    }

    public async Task<Latency> RunOneAtATimeAsync(int flows)
    {
        var times = new double[flows];
        for (var i = 0; i < flows; i++)
        {
            var ended = Ends.Waiting[_number + 1] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var watch = Stopwatch.StartNew();
            await BeginAsync();
            await ended.Task;
            times[i] = watch.Elapsed.TotalMilliseconds;
        }

        Array.Sort(times);
        return new Latency(times[flows / 2], times[flows * 99 / 100]);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<string> BeginAsync()
    {
        var number = Interlocked.Increment(ref _number);
        var id = number.ToString(CultureInfo.InvariantCulture);
        await Booking.PublishAsync(new BookingCreated(number, "slot 1"), id);
        return id;
    }
}
