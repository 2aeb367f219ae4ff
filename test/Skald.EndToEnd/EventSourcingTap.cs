using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ParkingEventSourcing.Contracts;

namespace Skald.EndToEnd;

/// <summary>One more service that subscribes to the bookings' events. While it does not run, its copies wait in the broker and can be counted.</summary>
internal sealed class EventSourcingTap(string data, string broker)
{
    private readonly SkaldSettings _settings = new(data, "sqlite", broker, new AddressBook().AddSqlite().AddPostgreSql().AddRabbitMq());

    /// <summary>Subscribes; what is published from now on is kept for it.</summary>
    public Task SubscribeAsync() => WithServiceAsync(_ => Task.CompletedTask);

    /// <summary>Receives what has been kept, until there are so many events of a booking.</summary>
    /// <returns>The booking's events in the order in which they were handled.</returns>
    public async Task<IReadOnlyList<string>> ReceiveAsync(string booking, int count)
    {
        await WithServiceAsync(heard => Eventually.TrueAsync($"{count} events came", () => Task.FromResult(heard.Of(booking).Count >= count)));
        return _heard.Of(booking);
    }

    private readonly Heard _heard = new();

    private async Task WithServiceAsync(Func<Heard, Task> use)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddSingleton(_heard);
        var module = new TapModule();
        builder.Services.AddSkald(module.FullName, skald =>
        {
            _settings.Apply(skald, module);
            module.Configure(skald);
        });
        using var host = builder.Build();
        await host.StartAsync();
        await use(_heard);
        await host.StopAsync();
    }

    private sealed class Heard
    {
        private readonly ConcurrentQueue<(string? Booking, string Status)> _all = [];

        public void Add(string? booking, IBookingEvent @event) => _all.Enqueue((booking, @event.Status));

        public IReadOnlyList<string> Of(string booking) => [.. _all.Where(h => h.Booking == booking).Select(h => h.Status)];
    }

    private sealed class TapModule : ServiceModule
    {
        public override string System => "parking-event-sourcing";

        public override string Name => "tap";

        public override void Configure(SkaldBuilder skald) => skald.AddHandlers<TapHandlers>();
    }

    private sealed class TapHandlers(Heard heard)
    {
        public void Handle(BookingCreated booking, MessageContext context) => heard.Add(context.Flow, booking);

        public void Handle(BookingReserved booking, MessageContext context) => heard.Add(context.Flow, booking);

        public void Handle(BookingCompleted booking, MessageContext context) => heard.Add(context.Flow, booking);

        public void Handle(BookingCancelled booking, MessageContext context) => heard.Add(context.Flow, booking);
    }
}
