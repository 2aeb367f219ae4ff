using System.Diagnostics;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Skald.Bench.Servers;

/// <summary>How MassTransit is set up.</summary>
/// <param name="QuorumQueues">Quorum queues, as Skald uses; else its default, classic ones.</param>
/// <param name="Prefetch">Messages in a consumer's hands; null leaves its default, 16.</param>
/// <param name="Guarded">Its guide's advice for sagas: message retry, and the in-memory outbox, which holds what is sent until the saga is saved.</param>
public sealed record MassTransitSetup(bool QuorumQueues, ushort? Prefetch, bool Guarded);

/// <summary>The workload on MassTransit.</summary>
public sealed class MassTransitWorkload : IAsyncDisposable
{
    private readonly OrdersEnded _ended = new();
    private readonly IHost _host;

    public MassTransitWorkload(Uri broker, MassTransitSetup setup)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddSingleton(_ended);
        // Else the first messages go to exchanges to which no queue is bound yet.
        builder.Services.Configure<MassTransitHostOptions>(host => host.WaitUntilStarted = true);
        builder.Services.AddMassTransit(x =>
        {
            x.AddSagaStateMachine<MtCreateOrder, MtOrder>().InMemoryRepository();
            x.AddConsumer<MtConsumerService>();
            x.AddConsumer<MtRestaurantService>();
            x.AddConsumer<MtAccountingService>();
            x.UsingRabbitMq((context, rabbit) =>
            {
                rabbit.Host(broker, _ => { });
                if (setup.Prefetch is { } prefetch)
                {
                    rabbit.PrefetchCount = prefetch;
                }

                Receive("mt-order", e => e.ConfigureSaga<MtOrder>(context));
                Receive("mt-consumer", e => e.ConfigureConsumer<MtConsumerService>(context));
                Receive("mt-restaurant", e => e.ConfigureConsumer<MtRestaurantService>(context));
                Receive("mt-accounting", e => e.ConfigureConsumer<MtAccountingService>(context));

                void Receive(string queue, Action<IRabbitMqReceiveEndpointConfigurator> configure) => rabbit.ReceiveEndpoint(queue, endpoint =>
                {
                    if (setup.QuorumQueues)
                    {
                        endpoint.SetQuorumQueue();
                    }

                    if (setup.Guarded)
                    {
                        endpoint.UseMessageRetry(retry => retry.Intervals(100, 500, 1000));
                        endpoint.UseInMemoryOutbox(context);
                    }

                    configure(endpoint);
                });
            });
        });
        _host = builder.Build();
    }

    public async Task<MassTransitWorkload> StartAsync()
    {
        await _host.StartAsync();
        return this;
    }

    /// <summary>Sends starts as fast as they are taken, and waits until all have ended.</summary>
    /// <param name="sagas">How many.</param>
    /// <param name="callers">How many callers start them, each one saga at a time.</param>
    /// <param name="waits">Whether each waits for the end of its saga.</param>
    public async Task<double> RunAsync(int sagas, int callers, bool waits)
    {
        var all = _ended.Expect(sagas);
        var endpoint = await EndpointAsync();
        var watch = Stopwatch.StartNew();
        await Callers.RunAsync(sagas, callers, () => StartOneAsync(endpoint, waits));
        await all;
        return sagas / watch.Elapsed.TotalSeconds;
    }

    public async Task<Latency> RunOneAtATimeAsync(int sagas)
    {
        _ = _ended.Expect(int.MaxValue);
        var endpoint = await EndpointAsync();
        return await Callers.OneAtATimeAsync(sagas, () => StartOneAsync(endpoint, waits: true));
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    private Task<ISendEndpoint> EndpointAsync() => _host.Services.GetRequiredService<IBus>().GetSendEndpoint(MtConsumerService.Saga);

    private async Task StartOneAsync(ISendEndpoint endpoint, bool waits)
    {
        var submit = new MtSubmit(Guid.CreateVersion7(), 70, 1, 20, "2 x Dish 1, 1 x Dish 2");
        var ended = waits ? _ended.One(submit.CorrelationId) : Task.CompletedTask;
        await endpoint.Send(submit);
        await ended;
    }
}
