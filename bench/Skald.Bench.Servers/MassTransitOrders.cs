using System.Diagnostics;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Skald.Bench.Servers;

// The same order as CreateOrderSaga, on MassTransit 8.5.12: a state machine with its sagas in memory only, so that no store
// slows it down. Commands and replies are sent to the exchanges of named queues (an address of a queue
// would declare it, and as a classic one); durable queues and publisher confirms, as it does by itself.

public sealed record MtSubmit(Guid CorrelationId, int ConsumerId, int CardId, int Price, string Items);

public sealed record MtVerifyConsumer(Guid CorrelationId, int ConsumerId);

public sealed record MtConsumerVerified(Guid CorrelationId);

public sealed record MtCreateTicket(Guid CorrelationId, int ConsumerId, string Items);

public sealed record MtTicketCreated(Guid CorrelationId, int TicketId);

public sealed record MtAuthorizeCard(Guid CorrelationId, int CardId, int Price);

public sealed record MtCardAuthorized(Guid CorrelationId, int TransactionId);

public sealed record MtApproveTicket(Guid CorrelationId, int TicketId);

public sealed record MtTicketApproved(Guid CorrelationId);

public sealed class MtOrder : SagaStateMachineInstance
{
    public Guid CorrelationId { get; set; }

    public string CurrentState { get; set; } = "";

    public int CardId { get; set; }

    public int Price { get; set; }

    public int ConsumerId { get; set; }

    public string Items { get; set; } = "";

    public int TicketId { get; set; }

    public int TransactionId { get; set; }
}

public sealed class MtCreateOrder : MassTransitStateMachine<MtOrder>
{
    public MtCreateOrder(MtEnded ended)
    {
        InstanceState(o => o.CurrentState);
        Event(() => Submit, e => e.CorrelateById(m => m.Message.CorrelationId));
        Event(() => Verified, e => e.CorrelateById(m => m.Message.CorrelationId));
        Event(() => Created, e => e.CorrelateById(m => m.Message.CorrelationId));
        Event(() => Authorized, e => e.CorrelateById(m => m.Message.CorrelationId));
        Event(() => Approved, e => e.CorrelateById(m => m.Message.CorrelationId));
        Initially(When(Submit)
            .Then(c => (c.Saga.ConsumerId, c.Saga.CardId, c.Saga.Price, c.Saga.Items) = (c.Message.ConsumerId, c.Message.CardId, c.Message.Price, c.Message.Items))
            .Send(new Uri("exchange:mt-consumer"), c => new MtVerifyConsumer(c.Saga.CorrelationId, c.Saga.ConsumerId))
            .TransitionTo(Verifying));
        During(Verifying, When(Verified)
            .Send(new Uri("exchange:mt-restaurant"), c => new MtCreateTicket(c.Saga.CorrelationId, c.Saga.ConsumerId, c.Saga.Items))
            .TransitionTo(Creating));
        During(Creating, When(Created)
            .Then(c => c.Saga.TicketId = c.Message.TicketId)
            .Send(new Uri("exchange:mt-accounting"), c => new MtAuthorizeCard(c.Saga.CorrelationId, c.Saga.CardId, c.Saga.Price))
            .TransitionTo(Authorizing));
        During(Authorizing, When(Authorized)
            .Then(c => c.Saga.TransactionId = c.Message.TransactionId)
            .Send(new Uri("exchange:mt-restaurant"), c => new MtApproveTicket(c.Saga.CorrelationId, c.Saga.TicketId))
            .TransitionTo(Approving));
        During(Approving, When(Approved).Then(c => ended.Tell(c.Saga.CorrelationId)).Finalize());
        SetCompletedWhenFinalized();
    }

    public State Verifying { get; private set; } = null!;

    public State Creating { get; private set; } = null!;

    public State Authorizing { get; private set; } = null!;

    public State Approving { get; private set; } = null!;

    public Event<MtSubmit> Submit { get; private set; } = null!;

    public Event<MtConsumerVerified> Verified { get; private set; } = null!;

    public Event<MtTicketCreated> Created { get; private set; } = null!;

    public Event<MtCardAuthorized> Authorized { get; private set; } = null!;

    public Event<MtTicketApproved> Approved { get; private set; } = null!;
}

public sealed class MtConsumerService : IConsumer<MtVerifyConsumer>
{
    public static readonly Uri Saga = new("exchange:mt-order");

    public Task Consume(ConsumeContext<MtVerifyConsumer> context) => context.Send(Saga, new MtConsumerVerified(context.Message.CorrelationId));
}

public sealed class MtRestaurantService : IConsumer<MtCreateTicket>, IConsumer<MtApproveTicket>
{
    public Task Consume(ConsumeContext<MtCreateTicket> context) => context.Send(MtConsumerService.Saga, new MtTicketCreated(context.Message.CorrelationId, 7));

    public Task Consume(ConsumeContext<MtApproveTicket> context) => context.Send(MtConsumerService.Saga, new MtTicketApproved(context.Message.CorrelationId));
}

public sealed class MtAccountingService : IConsumer<MtAuthorizeCard>
{
    public Task Consume(ConsumeContext<MtAuthorizeCard> context) => context.Send(MtConsumerService.Saga, new MtCardAuthorized(context.Message.CorrelationId, 11));
}

/// <summary>Counts finished orders, and wakes who waits for one.</summary>
public sealed class MtEnded
{
    private readonly System.Collections.Concurrent.ConcurrentDictionary<Guid, TaskCompletionSource> _waiting = new();
    private TaskCompletionSource _all = new();
    private int _left;

    public Task Expect(int count)
    {
        _all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _left = count;
        return _all.Task;
    }

    public Task One(Guid id) => _waiting.GetOrAdd(id, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    public void Tell(Guid id)
    {
        if (_waiting.TryRemove(id, out var waiting))
        {
            waiting.SetResult();
        }

        if (Interlocked.Decrement(ref _left) == 0)
        {
            _all.TrySetResult();
        }
    }
}

/// <summary>How MassTransit is set up.</summary>
/// <param name="QuorumQueues">Quorum queues, as Skald uses; else its default, classic ones.</param>
/// <param name="Prefetch">Messages in a consumer's hands; null leaves its default, 16.</param>
/// <param name="Guarded">Its guide's advice for sagas: message retry, and the in-memory outbox, which holds what is sent until the saga is saved.</param>
public sealed record MassTransitSetup(bool QuorumQueues, ushort? Prefetch, bool Guarded);

/// <summary>The workload on MassTransit.</summary>
public sealed class MassTransitWorkload : IAsyncDisposable
{
    private readonly MtEnded _ended = new();
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

    public async Task<double> RunAsync(int sagas)
    {
        var all = _ended.Expect(sagas);
        var endpoint = await _host.Services.GetRequiredService<IBus>().GetSendEndpoint(MtConsumerService.Saga);
        var watch = Stopwatch.StartNew();
        var left = sagas;
        await Task.WhenAll(Enumerable.Range(0, 32).Select(async _ =>
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                await endpoint.Send(New());
            }
        }));
        await all;
        return sagas / watch.Elapsed.TotalSeconds;
    }

    public async Task<Latency> RunOneAtATimeAsync(int sagas)
    {
        _ = _ended.Expect(int.MaxValue);
        var endpoint = await _host.Services.GetRequiredService<IBus>().GetSendEndpoint(MtConsumerService.Saga);
        var times = new double[sagas];
        for (var i = 0; i < sagas; i++)
        {
            var message = New();
            var ended = _ended.One(message.CorrelationId);
            var watch = Stopwatch.StartNew();
            await endpoint.Send(message);
            await ended;
            times[i] = watch.Elapsed.TotalMilliseconds;
        }

        Array.Sort(times);
        return new Latency(times[sagas / 2], times[sagas * 99 / 100]);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    private static MtSubmit New() => new(Guid.CreateVersion7(), 70, 1, 20, "2 x Dish 1, 1 x Dish 2");
}
