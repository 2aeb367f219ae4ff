using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Wolverine;
using Wolverine.Postgresql;
using Wolverine.RabbitMQ;
using Wolverine.RDBMS;
using Wolverine.Transports;

namespace Skald.Bench.Servers;

/// <summary>How Wolverine is set up.</summary>
/// <param name="QuorumQueues">Quorum queues, as Skald uses; else its default, classic ones.</param>
/// <param name="Parallel">Messages of a queue that are handled at once.</param>
/// <param name="Confirms">Whether publishing waits for the broker's confirmation. Its guide leaves that to its outbox, which forgets a message once it is published.</param>
public sealed record WolverineSetup(bool QuorumQueues, int Parallel, bool Confirms);

/// <summary>The workload on Wolverine: a saga, an inbox for every listener and an outbox for every sender, all in PostgreSQL.</summary>
public sealed class WolverineWorkload : IAsyncDisposable
{
    private const string Schema = "wolverine";
    private const string Table = "orders";
    // A statement is prepared when it is used again, which made it faster by half. The server has 500 connections for all rows: where it refused some, 52 of 3,500 sagas came to a halt.
    private const string Tuning = ";Max Auto Prepare=50;Auto Prepare Min Usages=2;No Reset On Close=true;Maximum Pool Size=100";

    // What fits into memory before it stops listening, as its guide says: so that a burst does.
    private static readonly BufferingLimits Limits = new(10_000, 5_000);

    private readonly OrdersEnded _ended = new();
    private readonly NpgsqlDataSource _database;
    private readonly IHost _host;
    private long _expected;

    public WolverineWorkload(string database, Uri broker, WolverineSetup setup)
    {
        _database = NpgsqlDataSource.Create(database + Tuning);
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddSingleton(_ended);
        builder.UseWolverine(wolverine =>
        {
            wolverine.Discovery.DisableConventionalDiscovery()
                .IncludeType<WvOrder>().IncludeType<WvConsumerService>().IncludeType<WvRestaurantService>().IncludeType<WvAccountingService>();
            wolverine.AddSagaType<WvOrder>(Table);
            wolverine.PersistMessagesWithPostgresql(database + Tuning, Schema);
            // One process: nobody has to be elected.
            wolverine.Durability.Mode = DurabilityMode.Solo;
            wolverine.Policies.UseDurableOutboxOnAllSendingEndpoints();
            Connect(wolverine, broker, setup);
        });
        _host = builder.Build();
    }

    public async Task<WolverineWorkload> StartAsync()
    {
        await _host.StartAsync();
        return this;
    }

    /// <summary>Sends starts as fast as they are taken, and waits until its table has all of them as ended.</summary>
    /// <param name="sagas">How many.</param>
    /// <param name="callers">How many callers start them, each one saga at a time.</param>
    /// <param name="waits">Whether each waits for the end of its saga.</param>
    public async Task<double> RunAsync(int sagas, int callers, bool waits)
    {
        var all = _ended.Expect(sagas);
        _expected += sagas;
        var watch = Stopwatch.StartNew();
        await Callers.RunAsync(sagas, callers, () => StartOneAsync(waits));
        await all;
        await WaitForTableAsync();
        return sagas / watch.Elapsed.TotalSeconds;
    }

    public async Task<Latency> RunOneAtATimeAsync(int sagas)
    {
        _ = _ended.Expect(int.MaxValue);
        _expected += sagas;
        var latency = await Callers.OneAtATimeAsync(sagas, () => StartOneAsync(waits: true));
        await WaitForTableAsync();
        return latency;
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
        await _database.DisposeAsync();
    }

    private static void Connect(WolverineOptions wolverine, Uri broker, WolverineSetup setup)
    {
        var rabbit = wolverine.UseRabbitMq(broker).AutoProvision();
        if (setup.QuorumQueues)
        {
            rabbit.UseQuorumQueues();
        }

        if (setup.Confirms)
        {
            rabbit.ConfigureChannelCreation(channel => (channel.PublisherConfirmationsEnabled, channel.PublisherConfirmationTrackingEnabled) = (true, true));
        }

        Queue("wv-order", typeof(WvSubmit), typeof(WvConsumerVerified), typeof(WvTicketCreated), typeof(WvCardAuthorized), typeof(WvTicketApproved));
        Queue("wv-consumer", typeof(WvVerifyConsumer));
        Queue("wv-restaurant", typeof(WvCreateTicket), typeof(WvApproveTicket));
        Queue("wv-accounting", typeof(WvAuthorizeCard));

        void Queue(string name, params Type[] messages)
        {
            wolverine.ListenToRabbitQueue(name).UseDurableInbox(Limits).MaximumParallelMessages(setup.Parallel).PreFetchCount((ushort)(4 * setup.Parallel));
            wolverine.Publish(rule =>
            {
                Array.ForEach(messages, message => rule.Message(message));
                rule.ToRabbitQueue(name);
            });
        }
    }

    private async Task StartOneAsync(bool waits)
    {
        var submit = new WvSubmit(Guid.CreateVersion7(), 70, 1, 20, "2 x Dish 1, 1 x Dish 2");
        var ended = waits ? _ended.One(submit.Id) : Task.CompletedTask;
        await _host.MessageBus().SendAsync(submit);
        await ended;
    }

    /// <summary>Handlers tell before their commit; the table has the last word.</summary>
    private async Task WaitForTableAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (await CountAsync() < _expected)
        {
            await timer.WaitForNextTickAsync();
        }
    }

    private async Task<long> CountAsync()
    {
        await using var count = _database.CreateCommand($"SELECT count(*) FROM {Schema}.{Table} WHERE body ->> 'Step' = '{WvOrder.Ended}'");
        return (long)(await count.ExecuteScalarAsync())!;
    }
}
