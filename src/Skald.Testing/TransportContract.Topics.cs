using System.Collections.Concurrent;
using Skald.Messaging;

namespace Skald.Testing;

// Topics: what is published once arrives once at every subscription.
public static partial class TransportContract
{
    private static async Task EverySubscription(ITransport transport)
    {
        await transport.SubscribeAsync("t", "a", CancellationToken.None);
        await transport.SubscribeAsync("t", "b", CancellationToken.None);
        await using var a = await Consumer.StartAsync(transport, "a");
        await using var b = await Consumer.StartAsync(transport, "b");
        await SendAsync(transport, Published("t", 1), Published("t", 2));
        Expect.That((await a.NextAsync(2)).ToHashSet().SetEquals([Id(1), Id(2)]));
        Expect.That((await b.NextAsync(2)).ToHashSet().SetEquals([Id(1), Id(2)]));
    }

    private static async Task PublishedFidelity(ITransport transport)
    {
        await transport.SubscribeAsync("t", "q", CancellationToken.None);
        await using var consumer = await Consumer.StartAsync(transport, "q");
        var envelope = StoreContract.FullEnvelope with { Destination = "t", Published = true, Kind = MessageKind.Event, Flow = "slot 1:\u00e6" };
        await SendAsync(transport, new OutgoingMessage(envelope, "{}"u8.ToArray()));
        Expect.Equal(envelope, (await consumer.NextAsync()).Envelope);
    }

    private static async Task SubscriptionShared(ITransport transport)
    {
        const int count = 200;
        await transport.SubscribeAsync("t", "q", CancellationToken.None);
        await using var first = await Consumer.StartAsync(transport, "q", window: 5, acknowledge: false);
        await using var second = await Consumer.StartAsync(transport, "q", window: 5, acknowledge: false);
        await SendAsync(transport, [.. Enumerable.Range(0, count).Select(i => Published("t", i))]);
        var got = new ConcurrentDictionary<Guid, int>();
        await Task.WhenAll(first.DrainAsync(got, count), second.DrainAsync(got, count));
        Expect.Equal(count, got.Count);
        Expect.That(got.Values.All(times => times == 1));
    }

    private static async Task SubscriptionKeeps(ITransport transport)
    {
        await transport.SubscribeAsync("t", "q", CancellationToken.None);
        await SendAsync(transport, Published("t", 1));
        await using var consumer = await Consumer.StartAsync(transport, "q");
        Expect.Equal(Id(1), (await consumer.NextAsync()).Envelope!.Id);
    }

    private static async Task SeveralTopics(ITransport transport)
    {
        await transport.SubscribeAsync("t", "q", CancellationToken.None);
        await transport.SubscribeAsync("u", "q", CancellationToken.None);
        await using var consumer = await Consumer.StartAsync(transport, "q");
        await SendAsync(transport, Published("t", 1), Published("u", 2), Published("other", 3));
        Expect.That((await consumer.NextAsync(2)).ToHashSet().SetEquals([Id(1), Id(2)]));
    }

    private static async Task SubscribingTwice(ITransport transport)
    {
        await transport.SubscribeAsync("t", "q", CancellationToken.None);
        await transport.SubscribeAsync("t", "q", CancellationToken.None);
        await using var consumer = await Consumer.StartAsync(transport, "q");
        await SendAsync(transport, Published("t", 1));
        await SendAsync(transport, Message("q", 2));
        Expect.That((await consumer.NextAsync(2)).ToHashSet().SetEquals([Id(1), Id(2)]));
    }

    private static async Task CreatedOnly(ITransport transport)
    {
        await ((ITopicCatalog)transport).CreateTopicAsync("t", CancellationToken.None);
        await NoSubscription(transport);
    }

    private static async Task NoSubscription(ITransport transport)
    {
        await SendAsync(transport, Published("t", 1), Published("never-created", 2));
        await transport.SubscribeAsync("t", "q", CancellationToken.None);
        await using var consumer = await Consumer.StartAsync(transport, "q");
        await SendAsync(transport, Published("t", 3));
        Expect.Equal(Id(3), (await consumer.NextAsync()).Envelope!.Id);
    }

    private static async Task MixedCall(ITransport transport)
    {
        await transport.SubscribeAsync("t", "a", CancellationToken.None);
        await using var a = await Consumer.StartAsync(transport, "a");
        await using var b = await Consumer.StartAsync(transport, "b");
        await SendAsync(transport, Message("b", 1), Published("t", 2), Message("a", 3));
        Expect.That((await a.NextAsync(2)).ToHashSet().SetEquals([Id(2), Id(3)]));
        Expect.Equal(Id(1), (await b.NextAsync()).Envelope!.Id);
    }

    private static async Task TopicsListed(ITransport transport)
    {
        var catalog = (ITopicCatalog)transport;
        await catalog.CreateTopicAsync("empty", CancellationToken.None);
        await transport.SubscribeAsync("t", "b", CancellationToken.None);
        await transport.SubscribeAsync("t", "a", CancellationToken.None);
        await catalog.CreateTopicAsync("t", CancellationToken.None);
        var topics = await catalog.TopicsAsync(CancellationToken.None);
        Expect.Equal("empty: ; t: a b", string.Join("; ", topics.Select(t => $"{t.Name}: {string.Join(' ', t.Subscriptions)}")));
    }

    private static async Task PublishedElsewhere(ITransport first, ITransport second)
    {
        await first.SubscribeAsync("t", "q", CancellationToken.None);
        await using var consumer = await Consumer.StartAsync(first, "q");
        await SendAsync(second, Published("t", 1));
        Expect.Equal(Id(1), (await consumer.NextAsync()).Envelope!.Id);
    }

    private static async Task SubscribedElsewhere(ITransport first, ITransport second)
    {
        await SendAsync(first, Published("t", 1));
        await second.SubscribeAsync("t", "q", CancellationToken.None);
        await SendAsync(first, Published("t", 2));
        await using var consumer = await Consumer.StartAsync(second, "q");
        Expect.Equal(Id(2), (await consumer.NextAsync()).Envelope!.Id);
    }

    private static async Task ListedElsewhere(ITransport first, ITransport second)
    {
        await second.SubscribeAsync("t", "q", CancellationToken.None);
        var topic = (await ((ITopicCatalog)first).TopicsAsync(CancellationToken.None)).Single();
        Expect.Equal("t: q", $"{topic.Name}: {string.Join(' ', topic.Subscriptions)}");
    }

    private static async Task TenThousandPublished(ITransport transport)
    {
        await transport.SubscribeAsync("t", "a", CancellationToken.None);
        await transport.SubscribeAsync("t", "b", CancellationToken.None);
        await using var a = await Consumer.StartAsync(transport, "a", window: 500, acknowledge: true);
        await using var b = await Consumer.StartAsync(transport, "b", window: 500, acknowledge: true);
        foreach (var chunk in Enumerable.Range(1, 10_000).Chunk(250))
        {
            await SendAsync(transport, [.. chunk.Select(i => Published("t", i))]);
        }

        foreach (var consumer in new[] { a, b })
        {
            var got = await consumer.NextAsync(10_000);
            Expect.Equal(10_000, got.Distinct().Count());
            Expect.Equal(10_000, got.Count);
        }
    }

    private static OutgoingMessage Published(string topic, int number)
    {
        var message = Message(topic, number);
        return message with { Envelope = message.Envelope with { Published = true } };
    }
}
