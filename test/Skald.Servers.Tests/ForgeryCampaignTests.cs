using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Skald.Decisions;
using Skald.Messaging;
using Skald.RabbitMq;
using Skald.Tests;
using Xunit;

namespace Skald.Servers.Tests;

/// <summary>
/// Somebody sends forgeries into the queues of a running system, on PostgreSQL and RabbitMQ: 3,000 in the test run, as many as <c>SKALD_FORGERIES</c> says in a
/// campaign. None is believed, all are counted, and every real saga ends as without them.
/// </summary>
public sealed class A_system_that_is_sent_forgeries(PostgreSqlFixture postgres, RabbitFixture rabbit, ITestOutputHelper output)
{
    private const string Orders = "shop.order";
    private const string Billing = "shop.billing";
    private const int Sales = 300;

    private static readonly int Forgeries = int.TryParse(Environment.GetEnvironmentVariable("SKALD_FORGERIES"), out var number) ? number : 3000;
    private static readonly string Key = Convert.ToBase64String(Enumerable.Range(7, WireKeys.LeastBytes).Select(n => (byte)n).ToArray());

    /// <summary>Each changes one thing of a real message.</summary>
    private static readonly List<Func<OutgoingMessage, Random, OutgoingMessage>> Changes =
    [
        (m, _) => m with { Envelope = m.Envelope with { Mac = default } },
        (m, r) => m with { Envelope = m.Envelope with { Mac = Any(r) } },
        (m, r) => m with { Envelope = m.Envelope with { Id = Any(r) } },
        (m, r) => m with { Envelope = m.Envelope with { Secret = Any(r) } },
        (m, r) => m with { Envelope = m.Envelope with { Saga = new SagaId(Any(r)) } },
        (m, _) => m with { Envelope = m.Envelope with { Attempt = m.Envelope.Attempt + 1 } },
        (m, _) => m with { Envelope = m.Envelope with { Undo = !m.Envelope.Undo } },
        (m, _) => m with { Envelope = m.Envelope with { Step = m.Envelope.Step == "charge" ? "deliver" : "charge" } },
        (m, _) => m with { Envelope = m.Envelope with { Source = "shop.thief" } },
        (m, _) => m with { Envelope = m.Envelope with { ReplyTo = "shop.order.commands" } },
        (m, _) => m with { Envelope = m.Envelope with { Flow = "another" } },
        (m, r) => m with { Envelope = m.Envelope with { Causation = Any(r) } },
        (m, r) => m with { Envelope = m.Envelope with { HandledIn = (m.Envelope.HandledIn ?? default) + TimeSpan.FromMilliseconds(r.Next(1, 1000)) } },
        (m, _) => m with { Envelope = m.Envelope with { Type = m.Envelope.Type == "shop.charge" ? "shop.refund" : "shop.charge" } },
        (m, _) => m with { Envelope = m.Envelope with { Kind = m.Envelope.Kind == MessageKind.Refusal ? MessageKind.Reply : MessageKind.Refusal } },
        (m, _) => m with { Envelope = m.Envelope with { Destination = m.Envelope.Kind == MessageKind.Command ? Orders + ".replies" : Billing + ".commands" } },
        (m, r) => m with { Body = BitConverter.GetBytes(r.Next()) },
        (m, _) => m with { Body = """{"order":1,"amount":1}"""u8.ToArray() },
    ];

    [Fact]
    public Task Believes_none_where_its_services_have_a_key() => RunAsync(WireKeys.Parse(Key), (real, random) => Changes[random.Next(Changes.Count)](real, random));

    /// <summary>Who sees the ids and no message.</summary>
    [Fact]
    public Task Believes_no_answer_and_no_undo_where_they_have_none() => RunAsync(WireKeys.None, (real, random) =>
    {
        var envelope = real.Envelope;
        var secret = random.Next(4) switch { 0 => default, 1 => envelope.Saga!.Value.Value, 2 => envelope.Id, _ => Any(random) };
        var answer = envelope with { Destination = Orders + ".replies", Secret = secret, ReplyTo = null };
        return random.Next(5) switch
        {
            0 => new OutgoingMessage(answer with { Kind = MessageKind.Reply, Type = "shop.charge.response.success" }, """{"order":1}"""u8.ToArray()),
            1 => new OutgoingMessage(answer with { Kind = MessageKind.Refusal, Type = "shop.charge.response.failure" }, """{"type":"No","message":"no"}"""u8.ToArray()),
            2 => new OutgoingMessage(answer with { Kind = MessageKind.Refusal, Type = "skald.gave-up" }, """{"type":"No","message":"no"}"""u8.ToArray()),
            3 => new OutgoingMessage(answer with { Kind = MessageKind.Reply, Type = "shop.refund.response.success", Undo = true }, "{}"u8.ToArray()),
            // Finds nothing to undo, and what it is answered is not believed.
            _ => new OutgoingMessage(
                envelope with { Id = MessageIds.Command(envelope.Saga!.Value, "charge", secret, envelope.Attempt, undo: true), Kind = MessageKind.Command, Destination = Billing + ".commands", ReplyTo = Orders + ".replies", Type = "shop.refund", Step = "charge", Undo = true, Secret = secret },
                """{"order":1}"""u8.ToArray()),
        };
    });

    private async Task RunAsync(WireKeys keys, Func<OutgoingMessage, Random, OutgoingMessage> forge)
    {
        var (database, uri) = (await (await postgres.ServerAsync()).NewDatabaseAsync(), (await rabbit.ServerAsync()).NewUri());
        var (seen, asked) = (new ConcurrentQueue<OutgoingMessage>(), new ConcurrentDictionary<Guid, bool>());
        await using var shop = await PostgreSqlShop.StartAsync(s =>
        {
            s.UsePostgreSql(database).Configure(o => o with { WireKeys = keys });
            s.UseTransport(_ => new Seen(new RabbitTransport(uri, new RabbitMqOptions(), TimeProvider.System, NullLogger.Instance), seen, asked));
        });
        await using var thief = new RabbitTransport(uri, new RabbitMqOptions(), TimeProvider.System, NullLogger.Instance);
        await thief.StartAsync(CancellationToken.None);
        using var refusedByOrders = new MetricCount("skald.messages.refused", Orders);
        using var refusedByBilling = new MetricCount("skald.messages.refused", Billing);
        await RunSalesAsync(shop, first: 0, count: 20);

        var watch = System.Diagnostics.Stopwatch.StartNew();
        var sales = RunSalesAsync(shop, first: 20, count: Sales);
        var random = new Random(20261129);
        const int most = 500;
        for (var sent = 0; sent < Forgeries; sent += most)
        {
            OutgoingMessage[] real = [.. seen];
            OutgoingMessage[] forged = [.. Enumerable.Range(0, Math.Min(most, Forgeries - sent)).Select(_ => forge(real[random.Next(real.Length)], random))];
            // Copies are real, and known.
            await thief.SendAsync([.. forged, .. random.GetItems(real, forged.Length / 10)], CancellationToken.None);
        }

        await sales;
        await Eventually.HoldsAsync(() => Task.FromResult(refusedByOrders.Value + refusedByBilling.Value >= Forgeries), "all are counted");
        // A copy that comes late would be counted late.
        await RunSalesAsync(shop, first: 20 + Sales, count: 20);
        output.WriteLine($"{Forgeries} forgeries, {refusedByOrders.Value} refused by orders and {refusedByBilling.Value} by billing, in {watch.Elapsed.TotalSeconds:0.0} s");
        Assert.Equal(Forgeries, refusedByOrders.Value + refusedByBilling.Value);
        Assert.InRange((await shop.Orders.Operations.DeadLettersAsync(limit: 20_000)).Count, 1, 10_000);
        Assert.True((await shop.Billing.Operations.DeadLettersAsync(limit: 20_000)).Count <= 10_000);
        Assert.Equal(Expected(0, 40 + Sales), [.. (await shop.AllBooksAsync()).Order()]);
        Assert.All((await shop.Orders.Operations.SagasAsync(new SagaQuery { Limit = 500 })).Sagas, saga => Assert.True(saga.Status is SagaStatus.Completed or SagaStatus.Compensated, $"{saga.Id} is {saga.Status}"));
    }

    private static int AmountOf(int order) => (order % 10) switch { 8 => 600, 9 => 950, _ => 20 };

    private static List<(int Order, string What, long Count)> Expected(int first, int count) =>
    [
        .. Enumerable.Range(first, count).SelectMany(order => AmountOf(order) switch
        {
            20 => new[] { (order, "charge", 1L), (order, "deliver", 1L) },
            600 => [(order, "charge", 1L), (order, "refund", 1L)],
            _ => [],
        }).Order(),
    ];

    private static async Task RunSalesAsync(PostgreSqlShop shop, int first, int count)
    {
        foreach (var some in Enumerable.Range(first, count).Chunk(20))
        {
            await Task.WhenAll(some.Select(async order =>
            {
                using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
                var start = await shop.SellAsync(order, AmountOf(order));
                await shop.Orders.WaitAsync(start.Id, patience.Token);
            }));
        }
    }

    private static Guid Any(Random random)
    {
        var bytes = new byte[16];
        random.NextBytes(bytes);
        return new Guid(bytes);
    }

    /// <summary>Somebody looks on.</summary>
    private sealed class Seen(ITransport inner, ConcurrentQueue<OutgoingMessage> seen, ConcurrentDictionary<Guid, bool> asked) : ITransport
    {
        private const int Enough = 2000;

        public TransportDescription Description => inner.Description;

        public string? Problem => inner.Problem;

        public Task StartAsync(CancellationToken cancellationToken) => inner.StartAsync(cancellationToken);

        public Task SendAsync(IReadOnlyList<OutgoingMessage> messages, CancellationToken cancellationToken)
        {
            // What a forgery is answered is none of the real ones.
            foreach (var message in messages.Where(m => seen.Count < Enough && (m.Envelope.Kind == MessageKind.Command ? asked.TryAdd(m.Envelope.Secret, true) : asked.ContainsKey(m.Envelope.Secret))))
            {
                seen.Enqueue(message with { Body = message.Body.ToArray() });
            }

            return inner.SendAsync(messages, cancellationToken);
        }

        public Task<IAsyncDisposable> ConsumeAsync(string queue, int window, Action<Delivery> deliver, CancellationToken cancellationToken) =>
            inner.ConsumeAsync(queue, window, deliver, cancellationToken);

        public Task SubscribeAsync(string topic, string queue, CancellationToken cancellationToken) => inner.SubscribeAsync(topic, queue, cancellationToken);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
