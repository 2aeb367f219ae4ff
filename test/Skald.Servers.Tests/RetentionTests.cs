using System.Collections.Concurrent;
using System.Diagnostics;
using Dapper;
using Skald.Decisions;
using Skald.Messaging;
using Skald.TestServers;
using Xunit;

namespace Skald.Servers.Tests;

/// <summary>
/// Sagas that are removed a second after their end while others run, in two processes of which one goes; each of their commands comes twice, the second time
/// when the saga is gone, and its participant has not forgotten it yet.
/// </summary>
public sealed class A_service_that_removes_what_has_ended(PostgreSqlFixture postgres, RabbitFixture rabbit, ITestOutputHelper output)
{
    private const int Sagas = 600;
    private const int RefusedEvery = 5;
    private const int ParkedEvery = 60;
    private const int HeldEvery = 100;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    [Fact]
    public Task Loses_and_doubles_nothing_on_PostgreSQL_and_RabbitMQ() => Pairs.OnPostgreSqlAndRabbitMqAsync(postgres, rabbit, RemoveAsync);

    [Fact]
    public Task Loses_and_doubles_nothing_on_PostgreSQL_alone() => Pairs.OnPostgreSqlAloneAsync(postgres, RemoveAsync);

    [Fact]
    public Task Loses_and_doubles_nothing_on_SQLite() => Pairs.OnSqliteAsync(RemoveAsync);

    private async Task RemoveAsync(Action<SkaldBuilder> ground)
    {
        void Keep(SkaldBuilder builder)
        {
            ground(builder);
            builder.Configure(o => o with { EndedKeptFor = TimeSpan.FromSeconds(1), CopiesComeWithin = TimeSpan.FromSeconds(15) });
        }

        await using var shop = await ServiceProcess.StartAsync("kept.shop", s => Keep(s.AddHandlers<KeptHandlers>().AddSchema(KeptHandlers.Schema)));
        var first = await ServiceProcess.StartAsync("kept.orders", s => Keep(s.AddSaga<KeptSaga>()));
        await using var second = await ServiceProcess.StartAsync("kept.orders", s => Keep(s.AddSaga<KeptSaga>()));
        await using var copies = new Copies(second.Service);
        var (parked, held) = (new ConcurrentBag<SagaId>(), new ConcurrentBag<SagaId>());
        await RunAsync(0, Sagas / 2, first.Service, second.Service);
        // It was the one that removed.
        await first.DisposeAsync();
        await RunAsync(Sagas / 2, Sagas, second.Service, second.Service);

        await HoldsAsync("what has ended is gone", async () => await CountAsync(second, "skald_sagas") == parked.Count + held.Count);
        await copies.SentAsync();
        // Of parked and held ones it keeps every step.
        await HoldsAsync("their participant has forgotten them", async () => await CountAsync(shop, "skald_ledger") == KeptSaga.Steps * (parked.Count + held.Count));
        Assert.Equal(0, await CountAsync(shop, "skald_delayed"));
        Assert.Equal(Sagas - parked.Count - held.Count, await CountAsync(second, "skald_removed"));
        Assert.Equal(parked.Select(s => s.Value).Order(), (await second.Service.Operations.SagasAsync(new SagaQuery { Status = SagaStatus.Parked, Limit = 1000 })).Sagas.Select(s => s.Id.Value).Order());
        Assert.Empty(await shop.Service.Operations.DeadLettersAsync());
        Assert.Empty(await second.Service.Operations.DeadLettersAsync());
        await CheckEffectsAsync(shop);
        output.WriteLine($"{Sagas} sagas, {parked.Count} parked, {held.Count} held, {copies.Sent} copies");

        async Task RunAsync(int from, int to, SkaldService one, SkaldService other) => await Parallel.ForEachAsync(
            Enumerable.Range(from, to - from), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (n, token) =>
            {
                var orders = n % 2 == 0 ? one : other;
                var (parks, holds) = (n % ParkedEvery == 7, n % HeldEvery == 11);
                var saga = (await orders.StartAsync<KeptSaga, KeptOrder>(new KeptOrder($"o{n}", n % RefusedEvery == 4, parks), cancellationToken: token)).Id;
                if (parks)
                {
                    parked.Add(saga);
                    return;
                }

                if (holds)
                {
                    await orders.HoldAsync(saga, "a test", "looks at it", token);
                    held.Add(saga);
                }

                copies.Add(saga);
            });
    }

    private static async Task CheckEffectsAsync(ServiceProcess shop)
    {
        await using var connection = await shop.Service.OpenAsync();
        var effects = (await connection.QueryAsync<(string Id, string What)>("SELECT id, what FROM effects")).ToLookup(e => e.Id, e => e.What);
        Assert.Equal(Sagas, effects.Count);
        for (var n = 0; n < Sagas; n++)
        {
            string[] wanted = n % RefusedEvery == 4 ? ["pay", "refund"] : n % ParkedEvery == 7 ? ["pay"] : ["deliver", "pay"];
            Assert.Equal(wanted, effects[$"o{n}"].Order());
        }
    }

    private static async Task<long> CountAsync(ServiceProcess process, string table)
    {
        await using var connection = await process.Service.OpenAsync();
        return await connection.ExecuteScalarAsync<long>($"SELECT count(*) FROM {table}");
    }

    private static async Task HoldsAsync(string what, Func<Task<bool>> holds)
    {
        for (var watch = Stopwatch.StartNew(); !await holds(); await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System))
        {
            Assert.True(watch.Elapsed < Patience, $"It should hold by now that {what}.");
        }
    }

    /// <summary>Sends a saga's first command once more when the saga has been gone for a while.</summary>
    private sealed class Copies(SkaldService orders) : IAsyncDisposable
    {
        private static readonly TimeSpan Late = TimeSpan.FromSeconds(4);

        private readonly ConcurrentBag<Task> _sending = [];
        private int _sent;

        public int Sent => _sent;

        public void Add(SagaId saga) => _sending.Add(SendAsync(saga));

        public Task SentAsync() => Task.WhenAll(_sending);

        public async ValueTask DisposeAsync() => await SentAsync();

        private async Task SendAsync(SagaId saga)
        {
            await Task.Delay(Late, TimeProvider.System);
            var secret = orders.Engine.Secrets.Of(saga, "pay");
            await orders.SendSignedAsync(new OutgoingMessage(
                new Envelope
                {
                    Id = MessageIds.Command(saga, "pay", secret, 1, undo: false), Type = "kept.pay", Kind = MessageKind.Command, Source = "kept.orders", Destination = "kept.shop.commands",
                    Saga = saga, Step = "pay", Attempt = 1, Secret = secret, Time = TimeProvider.System.GetUtcNow(),
                },
                orders.Serializer.Write(new KeptPay("a copy"))));
            Interlocked.Increment(ref _sent);
        }
    }
}

[Command("kept.pay", To = "shop")]
public sealed record KeptPay(string Id) : ICommand<Done>;

[Command("kept.refund", To = "shop")]
public sealed record KeptRefund(string Id) : ICommand<Done>;

[Command("kept.check", To = "shop")]
public sealed record KeptCheck(string Id, bool Refused) : ICommand<Done>;

[Command("kept.deliver", To = "shop")]
public sealed record KeptDeliver(string Id, bool Refused) : ICommand<Done>;

public sealed record KeptOrder(string Id, bool Refused, bool Parks);

public sealed class KeptSaga : Saga<KeptOrder>
{
    /// <summary>How many it has that a participant remembers.</summary>
    public const int Steps = 3;

    protected override void Define(SagaBuilder<KeptOrder> saga)
    {
        ArgumentNullException.ThrowIfNull(saga);
        saga.Step("pay").Send(o => new KeptPay(o.Id)).Undo(o => new KeptRefund(o.Id));
        saga.Pivot("check").Send(o => new KeptCheck(o.Id, o.Refused));
        saga.Retriable("deliver").Send(o => new KeptDeliver(o.Id, o.Parks)).ParkIfRefused();
    }
}

public sealed class KeptHandlers
{
    public const string Schema = "CREATE TABLE IF NOT EXISTS effects (id TEXT NOT NULL, what TEXT NOT NULL)";

    public Task<Reply<Done>> Handle(KeptPay command, MessageContext context) => NoteAsync(command?.Id, "pay", context);

    public Task<Reply<Done>> Handle(KeptRefund command, MessageContext context) => NoteAsync(command?.Id, "refund", context);

    public Task<Reply<Done>> Handle(KeptDeliver command, MessageContext context) =>
        command?.Refused == true ? Task.FromResult<Reply<Done>>(new Refusal("Lost", "it is lost")) : NoteAsync(command?.Id, "deliver", context);

    public Reply<Done> Handle(KeptCheck command, MessageContext context) => command?.Refused == true ? new Refusal("No", "not him") : Done.Instance;

    private static async Task<Reply<Done>> NoteAsync(string? id, string what, MessageContext context)
    {
        await context.Connection.ExecuteAsync("INSERT INTO effects (id, what) VALUES (@id, @what)", new { id, what }, context.Transaction);
        return Done.Instance;
    }
}
