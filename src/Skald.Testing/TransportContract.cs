using System.Collections.Concurrent;
using System.Text;
using Skald.Messaging;

namespace Skald.Testing;

/// <summary>What every <see cref="ITransport"/> promises, as named cases. An adapter's tests run them all against fresh brokers.</summary>
public static partial class TransportContract
{
    /// <summary>The cases for every transport.</summary>
    public static IReadOnlyList<ContractCase<ITransport>> Cases { get; } =
    [
        Case("a message reaches the consumer of its queue", Delivered),
        Case("every field of the envelope and every byte of the body arrive", Fidelity),
        Case("an envelope with nothing optional arrives with nothing optional", BareEnvelope),
        Case("a large body arrives", LargeBody),
        Case("messages sent before anybody consumes wait for the consumer", WaitForConsumer),
        Case("each queue gets its own messages", SeveralQueues),
        Case("one call sends to several queues", OneCallSeveralQueues),
        Case("sending nothing is harmless", SendNothing),
        Case("an acknowledged message does not come again", AcknowledgedIsGone),
        Case("an unacknowledged message comes again when its consumer has gone", UnacknowledgedComesBack),
        Case("only the unacknowledged ones of a batch come again", PartlyAcknowledged),
        Case("messages of several queues are acknowledged in one call", SeveralQueuesAcknowledged),
        Case("an acknowledgement that comes after its consumer has gone acknowledges nothing", LateAcknowledgement),
        Case("acknowledging twice is harmless", AcknowledgedTwice),
        Case("consumers of one queue share its messages", CompetingConsumers),
        Case("no more messages than the window are unacknowledged at once", WindowRespected),
        Case("acknowledging makes room in the window", WindowMoves),
        Case("a consumer may come back to a queue", ConsumeAgain),
        Case("several senders at once lose nothing", SeveralSenders),
        Case("ten thousand messages are each delivered, and acknowledged once", TenThousand),
        Case("starting twice is harmless", StartingTwice),
        Case("a message sent by one process reaches a consumer in another", AnotherProcess),
        Case("consumers in two processes share a queue", TwoProcessesShare),
        Case("what a process had taken comes back when it leaves", ProcessLeaves),
        Case("a healthy transport has no problem", NoProblem),
        Case("every subscription of a topic gets a copy of each message", EverySubscription),
        Case("a copy is what was published", PublishedFidelity),
        Case("consumers of one subscription share its messages", SubscriptionShared),
        Case("a subscription keeps what is published while nobody consumes it", SubscriptionKeeps),
        Case("one queue subscribes to several topics", SeveralTopics),
        Case("subscribing twice brings one copy", SubscribingTwice),
        Case("a message for a topic without subscriptions is taken and goes nowhere", NoSubscription),
        Case("published and sent messages mix in one call", MixedCall),
        Case("what another process publishes reaches a subscription", PublishedElsewhere),
        Case("a subscription made by another process counts at once", SubscribedElsewhere),
        Case("ten thousand published messages reach both subscriptions once", TenThousandPublished),
    ];

    /// <summary>The cases for those that are an <see cref="ITopicCatalog"/> as well.</summary>
    public static IReadOnlyList<ContractCase<ITransport>> CatalogCases { get; } =
    [
        Case("topics and subscriptions are listed", TopicsListed),
        Case("a subscription made by another process is listed", ListedElsewhere),
        Case("a message for a topic that was only created is taken and goes nowhere", CreatedOnly),
    ];

    /// <summary>Runs one case by its name.</summary>
    /// <param name="name">The case's name.</param>
    /// <param name="open">Opens an empty transport, not yet started; called again, the same broker once more, as another process would.</param>
    public static Task RunAsync(string name, Func<Task<ITransport>> open) =>
        Expect.NamedAsync(name, () => Cases.Concat(CatalogCases).Single(c => c.Name == name).Run(open));

    private static ContractCase<ITransport> Case(string name, Func<ITransport, Task> run) => new(name, async open =>
    {
        await using var transport = await OpenAsync(open);
        await run(transport);
    });

    private static ContractCase<ITransport> Case(string name, Func<ITransport, ITransport, Task> run) => new(name, async open =>
    {
        await using var first = await OpenAsync(open);
        await using var second = await OpenAsync(open);
        await run(first, second);
    });

    private static async Task<ITransport> OpenAsync(Func<Task<ITransport>> open)
    {
        var transport = await open();
        await transport.StartAsync(CancellationToken.None);
        return transport;
    }

    private static async Task Delivered(ITransport transport)
    {
        await using var consumer = await Consumer.StartAsync(transport, "q");
        await SendAsync(transport, Message("q", 1));
        Expect.Equal(Id(1), (await consumer.NextAsync()).Envelope!.Id);
    }

    private static async Task Fidelity(ITransport transport)
    {
        await using var consumer = await Consumer.StartAsync(transport, "q");
        var message = new OutgoingMessage(StoreContract.FullEnvelope with { Destination = "q" }, Encoding.UTF8.GetBytes("{\"t\":\"日本語 🐟 \\u0000\"}"));
        await SendAsync(transport, message);
        var delivery = await consumer.NextAsync();
        Expect.Equal(message.Envelope, delivery.Envelope);
        Expect.Bytes(message.Body, delivery.Body);
    }

    private static async Task BareEnvelope(ITransport transport)
    {
        await using var consumer = await Consumer.StartAsync(transport, "q");
        await SendAsync(transport, Message("q", 1));
        var envelope = (await consumer.NextAsync()).Envelope!;
        Expect.Equal(Message("q", 1).Envelope, envelope);
        Expect.That(envelope is { ReplyTo: null, Saga: null, Step: null, Causation: null, TraceParent: null, Undo: false, Attempt: 0 });
    }

    private static async Task LargeBody(ITransport transport)
    {
        await using var consumer = await Consumer.StartAsync(transport, "q");
        var body = new byte[MessageSerializer.MaxBodyBytes];
        Array.Fill(body, (byte)' ');
        (body[0], body[^1]) = ((byte)'{', (byte)'}');
        await SendAsync(transport, Message("q", 1) with { Body = body });
        Expect.Bytes(body, (await consumer.NextAsync()).Body);
    }

    private static async Task WaitForConsumer(ITransport transport)
    {
        await SendAsync(transport, Message("q", 1), Message("q", 2));
        await using var consumer = await Consumer.StartAsync(transport, "q");
        var got = await consumer.NextAsync(2);
        Expect.That(got.ToHashSet().SetEquals([Id(1), Id(2)]));
    }

    private static async Task SeveralQueues(ITransport transport)
    {
        await using var a = await Consumer.StartAsync(transport, "a");
        await using var b = await Consumer.StartAsync(transport, "b");
        for (var i = 0; i < 10; i++)
        {
            await SendAsync(transport, Message(i % 2 == 0 ? "a" : "b", i));
        }

        Expect.That((await a.NextAsync(5)).ToHashSet().SetEquals([Id(0), Id(2), Id(4), Id(6), Id(8)]));
        Expect.That((await b.NextAsync(5)).ToHashSet().SetEquals([Id(1), Id(3), Id(5), Id(7), Id(9)]));
    }

    private static async Task OneCallSeveralQueues(ITransport transport)
    {
        await using var a = await Consumer.StartAsync(transport, "a");
        await SendAsync(transport, Message("a", 1), Message("b", 2), Message("a", 3));
        Expect.That((await a.NextAsync(2)).ToHashSet().SetEquals([Id(1), Id(3)]));
        await using var b = await Consumer.StartAsync(transport, "b");
        Expect.That((await b.NextAsync(1)).SequenceEqual([Id(2)]));
    }

    private static async Task SendNothing(ITransport transport) =>
        await transport.SendAsync([], CancellationToken.None).WaitAsync(Expect.Patience);

    private static async Task AcknowledgedIsGone(ITransport transport)
    {
        await using (var first = await Consumer.StartAsync(transport, "q"))
        {
            await SendAsync(transport, Message("q", 1));
            await first.NextAsync();
        }

        // A fence: had the first message come again, it would be seen beside it.
        await using var second = await Consumer.StartAsync(transport, "q");
        await SendAsync(transport, Message("q", 2));
        Expect.Equal(Id(2), (await second.NextAsync()).Envelope!.Id);
    }

    private static async Task UnacknowledgedComesBack(ITransport transport)
    {
        await using (var first = await Consumer.StartAsync(transport, "q", acknowledge: false))
        {
            await SendAsync(transport, Message("q", 1));
            await first.NextAsync();
        }

        await using var second = await Consumer.StartAsync(transport, "q");
        var again = await second.NextAsync();
        Expect.Equal(Message("q", 1).Envelope, again.Envelope);
        Expect.Bytes(Message("q", 1).Body, again.Body);
    }

    private static async Task PartlyAcknowledged(ITransport transport)
    {
        await using (var first = await Consumer.StartAsync(transport, "q", acknowledge: false))
        {
            await SendAsync(transport, [.. Enumerable.Range(0, 10).Select(i => Message("q", i))]);
            for (var i = 0; i < 10; i++)
            {
                var delivery = await first.NextAsync();
                if (Number(delivery) % 2 == 0)
                {
                    delivery.Acknowledge();
                }
            }
        }

        await using var second = await Consumer.StartAsync(transport, "q");
        await SendAsync(transport, Message("q", 100));
        var again = await second.NextAsync(6);
        Expect.That(again.ToHashSet().SetEquals([Id(1), Id(3), Id(5), Id(7), Id(9), Id(100)]));
    }

    private static async Task SeveralQueuesAcknowledged(ITransport transport)
    {
        await using (var a = await Consumer.StartAsync(transport, "a", acknowledge: false))
        await using (var b = await Consumer.StartAsync(transport, "b", acknowledge: false))
        {
            await SendAsync(transport, Message("a", 1), Message("b", 2), Message("a", 3));
            Delivery.AcknowledgeAll([await a.NextAsync(), await b.NextAsync(), await a.NextAsync()]);
        }

        await using var again = await Consumer.StartAsync(transport, "a");
        await using var other = await Consumer.StartAsync(transport, "b");
        await SendAsync(transport, Message("a", 4), Message("b", 5));
        Expect.Equal(Id(4), (await again.NextAsync()).Envelope!.Id);
        Expect.Equal(Id(5), (await other.NextAsync()).Envelope!.Id);
    }

    private static async Task LateAcknowledgement(ITransport transport)
    {
        Delivery late;
        await using (var first = await Consumer.StartAsync(transport, "q", acknowledge: false))
        {
            await SendAsync(transport, Message("q", 1));
            late = await first.NextAsync();
        }

        await using (var second = await Consumer.StartAsync(transport, "q", acknowledge: false))
        {
            await second.NextAsync();
            late.Acknowledge();
        }

        await using var third = await Consumer.StartAsync(transport, "q");
        Expect.Equal(Id(1), (await third.NextAsync()).Envelope!.Id);
    }

    private static async Task AcknowledgedTwice(ITransport transport)
    {
        await using (var first = await Consumer.StartAsync(transport, "q", window: 1, acknowledge: false))
        {
            await SendAsync(transport, Message("q", 1), Message("q", 2), Message("q", 3));
            var delivery = await first.NextAsync();
            Delivery.AcknowledgeAll([delivery, delivery]);
            delivery.Acknowledge();
            await first.NextAsync();
        }

        // Of three messages one was acknowledged, however often; and the window was never wider than one.
        await using var second = await Consumer.StartAsync(transport, "q");
        Expect.Equal(2, (await second.NextAsync(2)).Distinct().Count());
    }

    private static async Task CompetingConsumers(ITransport transport)
    {
        const int count = 200;
        await using var first = await Consumer.StartAsync(transport, "q", window: 5, acknowledge: false);
        await using var second = await Consumer.StartAsync(transport, "q", window: 5, acknowledge: false);
        await SendAsync(transport, [.. Enumerable.Range(0, count).Select(i => Message("q", i))]);
        var got = new ConcurrentDictionary<Guid, int>();
        var shares = await Task.WhenAll(first.DrainAsync(got, count), second.DrainAsync(got, count));
        Expect.Equal(count, got.Count);
        Expect.That(got.Values.All(times => times == 1));
        Expect.That(shares.All(share => share > 0));
    }

    private static async Task WindowRespected(ITransport transport)
    {
        await KnownAsync(transport);
        await SendAsync(transport, [.. Enumerable.Range(0, 50).Select(i => Message("q", i))]);
        await using (var consumer = await Consumer.StartAsync(transport, "q", window: 7, acknowledge: false))
        {
            var taken = await consumer.NextAsync(7);
            Expect.Equal(7, taken.Distinct().Count());
            // A fence on another queue, behind everything that might still come.
            await using var fence = await Consumer.StartAsync(transport, "fence");
            await SendAsync(transport, Message("fence", 99));
            await fence.NextAsync();
            Expect.Equal(0, consumer.Waiting);
        }

        await using var all = await Consumer.StartAsync(transport, "q");
        Expect.Equal(50, (await all.NextAsync(50)).Distinct().Count());
    }

    private static async Task WindowMoves(ITransport transport)
    {
        await KnownAsync(transport);
        await SendAsync(transport, [.. Enumerable.Range(0, 20).Select(i => Message("q", i))]);
        await using var consumer = await Consumer.StartAsync(transport, "q", window: 1, acknowledge: false);
        var seen = new HashSet<Guid>();
        for (var i = 0; i < 20; i++)
        {
            var delivery = await consumer.NextAsync();
            Expect.Equal(0, consumer.Waiting);
            seen.Add(delivery.Envelope!.Id);
            delivery.Acknowledge();
        }

        Expect.Equal(20, seen.Count);
    }

    /// <summary>A transport may send otherwise to a queue that it knows to be consumed.</summary>
    private static async Task KnownAsync(ITransport transport) => await (await Consumer.StartAsync(transport, "q")).DisposeAsync();

    private static async Task ConsumeAgain(ITransport transport)
    {
        for (var i = 0; i < 5; i++)
        {
            await using var consumer = await Consumer.StartAsync(transport, "q");
            await SendAsync(transport, Message("q", i));
            Expect.Equal(Id(i), (await consumer.NextAsync()).Envelope!.Id);
        }
    }

    private static async Task SeveralSenders(ITransport transport)
    {
        await using var consumer = await Consumer.StartAsync(transport, "q");
        await Task.WhenAll(Enumerable.Range(0, 8).Select(sender => Task.Run(async () =>
        {
            for (var i = 0; i < 50; i++)
            {
                await SendAsync(transport, Message("q", sender * 1000 + i));
            }
        })));
        Expect.Equal(400, (await consumer.NextAsync(400)).Distinct().Count());
    }

    private static async Task TenThousand(ITransport transport)
    {
        const int count = 10_000;
        await using (var consumer = await Consumer.StartAsync(transport, "q", window: 1000))
        {
            var sending = Task.Run(async () =>
            {
                foreach (var chunk in Enumerable.Range(0, count).Chunk(100))
                {
                    await SendAsync(transport, [.. chunk.Select(i => Message("q", i))]);
                }
            });
            var got = await consumer.NextAsync(count);
            await sending.WaitAsync(Expect.Patience);
            Expect.Equal(count, got.Distinct().Count());
        }

        await using var after = await Consumer.StartAsync(transport, "q");
        await SendAsync(transport, Message("q", count));
        Expect.Equal(Id(count), (await after.NextAsync()).Envelope!.Id);
    }

    private static async Task StartingTwice(ITransport transport)
    {
        await SendAsync(transport, Message("q", 1));
        await transport.StartAsync(CancellationToken.None);
        await using var consumer = await Consumer.StartAsync(transport, "q");
        Expect.Equal(Id(1), (await consumer.NextAsync()).Envelope!.Id);
    }

    private static async Task AnotherProcess(ITransport first, ITransport second)
    {
        await using var consumer = await Consumer.StartAsync(second, "q");
        for (var i = 0; i < 20; i++)
        {
            await SendAsync(first, Message("q", i));
            Expect.Equal(Id(i), (await consumer.NextAsync()).Envelope!.Id);
        }
    }

    private static async Task TwoProcessesShare(ITransport first, ITransport second)
    {
        const int count = 100;
        await using var one = await Consumer.StartAsync(first, "q", window: 5, acknowledge: false);
        await using var two = await Consumer.StartAsync(second, "q", window: 5, acknowledge: false);
        await SendAsync(first, [.. Enumerable.Range(0, count).Select(i => Message("q", i))]);
        var got = new ConcurrentDictionary<Guid, int>();
        await Task.WhenAll(one.DrainAsync(got, count), two.DrainAsync(got, count));
        Expect.Equal(count, got.Count);
        Expect.That(got.Values.All(times => times == 1));
    }

    private static async Task ProcessLeaves(ITransport first, ITransport second)
    {
        await using (var leaving = await Consumer.StartAsync(first, "q", acknowledge: false))
        {
            await SendAsync(first, Message("q", 1), Message("q", 2));
            await leaving.NextAsync(2);
        }

        await using var staying = await Consumer.StartAsync(second, "q");
        Expect.That((await staying.NextAsync(2)).ToHashSet().SetEquals([Id(1), Id(2)]));
    }

    private static Task NoProblem(ITransport transport)
    {
        Expect.Equal(null, transport.Problem);
        return Task.CompletedTask;
    }

    private static Task SendAsync(ITransport transport, params IReadOnlyList<OutgoingMessage> messages) =>
        transport.SendAsync(messages, CancellationToken.None).WaitAsync(Expect.Patience);

    private static Guid Id(int number) => new(number, 1, 1, 0x88, 1, 2, 3, 4, 5, 6, 7);

    private static int Number(Delivery delivery) => BitConverter.ToInt32(delivery.Envelope!.Id.ToByteArray());

    private static OutgoingMessage Message(string queue, int number) => new(
        new Envelope
        {
            Id = Id(number),
            Type = "test.message",
            Kind = MessageKind.Event,
            Source = "test",
            Destination = queue,
            Time = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero),
        },
        Encoding.UTF8.GetBytes($"{{\"n\":{number}}}"));

    /// <summary>A consumer that hands its deliveries over one by one.</summary>
    private sealed class Consumer : IAsyncDisposable
    {
        private readonly ConcurrentQueue<Delivery> _deliveries = new();
        private readonly SemaphoreSlim _arrived = new(0);
        private bool _acknowledge;
        private IAsyncDisposable? _subscription;

        public int Waiting => _deliveries.Count;

        public static async Task<Consumer> StartAsync(ITransport transport, string queue, int window = 100, bool acknowledge = true)
        {
            var consumer = new Consumer { _acknowledge = acknowledge };
            consumer._subscription = await transport.ConsumeAsync(queue, window, consumer.Take, CancellationToken.None).WaitAsync(Expect.Patience);
            return consumer;
        }

        public async Task<Delivery> NextAsync()
        {
            Expect.That(await _arrived.WaitAsync(Expect.Patience), "a message arrives in time");
            return Dequeue();
        }

        public async Task<IReadOnlyList<Guid>> NextAsync(int count)
        {
            var ids = new List<Guid>(count);
            while (ids.Count < count)
            {
                // Every envelope of this suite can be read.
                ids.Add((await NextAsync()).Envelope!.Id);
            }

            return ids;
        }

        /// <summary>Takes and acknowledges until <paramref name="count"/> messages were got, by whomever.</summary>
        public async Task<int> DrainAsync(ConcurrentDictionary<Guid, int> got, int count)
        {
            var share = 0;
            for (var empty = 0; got.Values.Sum() < count; empty++)
            {
                Expect.That(empty < 1000, "every message arrives in time");
                if (await TryNextAsync() is { } delivery)
                {
                    // Every envelope of this suite can be read.
                    got.AddOrUpdate(delivery.Envelope!.Id, 1, (_, times) => times + 1);
                    share++;
                    empty = 0;
                    delivery.Acknowledge();
                }
            }

            return share;
        }

        private async Task<Delivery?> TryNextAsync() => await _arrived.WaitAsync(20) ? Dequeue() : null;

        public async ValueTask DisposeAsync()
        {
            if (_subscription is not null)
            {
                await _subscription.DisposeAsync();
            }

            _arrived.Dispose();
        }

        private Delivery Dequeue()
        {
            // One permit per delivery.
            _deliveries.TryDequeue(out var delivery);
            if (_acknowledge)
            {
                delivery!.Acknowledge();
            }

            return delivery!;
        }

        private void Take(Delivery delivery)
        {
            _deliveries.Enqueue(delivery);
            try
            {
                _arrived.Release();
            }
            catch (ObjectDisposedException)
            {
                // A last message crossed the disposal; it is given back.
            }
        }
    }
}
