using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Skald.Servers.Tests;

[Event("VISITOR_CAME")]
public sealed record VisitorCame(int Number) : IEvent;

[Event("VISITOR_RODE")]
public sealed record VisitorRode(int Number) : IEvent;

public sealed class VisitFlow : Flow
{
    protected override void Define(FlowBuilder flow)
    {
        flow.StartsWith<VisitorCame>("gate").NothingToUndo("nobody is turned away");
        flow.CompletesWith<VisitorRode>("carousel");
        flow.After<VisitorCame>().Expect<VisitorRode>().Within(TimeSpan.FromMinutes(1));
    }
}

public sealed class Carousel
{
    public void Handle(VisitorCame came, MessageContext context) => context.Publish(new VisitorRode(came.Number));
}

/// <summary>Two services that react to each other's events, in one process.</summary>
internal sealed class EventFair(IHost host) : IAsyncDisposable
{
    /// <summary>The gate publishes, the carousel reacts, the gate hears of it.</summary>
    public const int Hops = 3;

    public static async Task<EventFair> StartAsync(Action<SkaldBuilder> ground)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        Add("fair.gate", s => s.AddFlow<VisitFlow>());
        Add("fair.carousel", s => s.AddFlow<VisitFlow>().AddHandlers<Carousel>());
        var host = builder.Build();
        await host.StartAsync();
        return new EventFair(host);

        void Add(string name, Action<SkaldBuilder> configure) => builder.Services.AddSkald(name, s =>
        {
            ground(s);
            configure(s);
        });
    }

    public Task VisitAsync(int number) => host.Services.GetRequiredKeyedService<SkaldService>("fair.gate")
        .PublishAsync(new VisitorCame(number), number.ToString(CultureInfo.InvariantCulture));

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        host.Dispose();
    }
}
