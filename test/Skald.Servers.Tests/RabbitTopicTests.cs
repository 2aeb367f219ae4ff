using RabbitMQ.Client;
using Skald.Messaging;
using Skald.RabbitMq;
using Xunit;

namespace Skald.Servers.Tests;

public sealed class Topics_in_RabbitMq(RabbitFixture rabbit)
{
    [Fact]
    public async Task Are_all_listed_when_many_processes_subscribe_at_once()
    {
        var uri = (await rabbit.ServerAsync()).NewUri();
        var transports = Enumerable.Range(0, 6).Select(_ => RabbitTesting.Open(uri)).ToList();
        await Task.WhenAll(transports.Select(t => t.StartAsync(CancellationToken.None)));
        await Task.WhenAll(transports.Select(async (transport, i) =>
        {
            for (var n = 0; n < 10; n++)
            {
                await transport.SubscribeAsync($"t{n}", $"q{i}", CancellationToken.None);
                // Whatever the others are writing at this moment.
                var topics = await transport.TopicsAsync(CancellationToken.None);
                Assert.True(Enumerable.Range(0, n + 1).All(earlier => topics.Any(t => t.Name == $"t{earlier}" && t.Subscriptions.Contains($"q{i}"))));
            }
        }));
        Assert.Equal(
            Enumerable.Range(0, 10).Select(n => $"t{n}: q0 q1 q2 q3 q4 q5"), Lines(await transports[0].TopicsAsync(CancellationToken.None)));
        await Task.WhenAll(transports.Select(t => t.DisposeAsync().AsTask()));
    }

    [Fact]
    public async Task Are_read_together_when_a_crash_has_left_two_lists_and_become_one_again()
    {
        var uri = (await rabbit.ServerAsync()).NewUri();
        await using var transport = RabbitTesting.Open(uri);
        await transport.StartAsync(CancellationToken.None);
        await transport.SubscribeAsync("t", "a", CancellationToken.None);
        await using var connection = await new ConnectionFactory { Uri = new Uri(uri) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true));
        await channel.BasicPublishAsync("", "skald.topic-list", mandatory: true, """{"t":["b"],"u":[]}"""u8.ToArray());
        Assert.Equal(["t: a b", "u: "], Lines(await transport.TopicsAsync(CancellationToken.None)));
        await ListHasAsync(channel, 2);

        await transport.SubscribeAsync("u", "c", CancellationToken.None);
        Assert.Equal(["t: a b", "u: c"], Lines(await transport.TopicsAsync(CancellationToken.None)));
        await ListHasAsync(channel, 1);
    }

    [Fact]
    public async Task Are_not_put_back_more_often_than_a_queue_lets_them()
    {
        var uri = (await rabbit.ServerAsync()).NewUri();
        await using var transport = RabbitTesting.Open(uri);
        await transport.StartAsync(CancellationToken.None);
        await transport.SubscribeAsync("t", "a", CancellationToken.None);
        for (var reads = 0; reads < 30; reads++)
        {
            Assert.Equal(["t: a"], Lines(await transport.TopicsAsync(CancellationToken.None)));
        }

        await using var connection = await new ConnectionFactory { Uri = new Uri(uri) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        var got = await channel.BasicGetAsync("skald.topic-list", autoAck: false);
        Assert.InRange(got!.BasicProperties.Headers?.TryGetValue("x-delivery-count", out var count) == true ? (long)count! : 0, 0, 12);
    }

    [Fact]
    public async Task Refuse_a_name_that_the_broker_would_take_for_a_pattern()
    {
        await using var transport = RabbitTesting.Open((await rabbit.ServerAsync()).NewUri());
        await transport.StartAsync(CancellationToken.None);
        var refused = await Assert.ThrowsAsync<TransportSetupException>(() => transport.SubscribeAsync("orders.*", "q", CancellationToken.None));
        Assert.Contains("Name it otherwise", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bring_an_event_that_another_language_publishes_with_a_type_and_an_id_alone()
    {
        var uri = (await rabbit.ServerAsync()).NewUri();
        await using var transport = RabbitTesting.Open(uri);
        await transport.StartAsync(CancellationToken.None);
        await transport.SubscribeAsync("shop.order-placed", "shop.order.events", CancellationToken.None);
        await using var connection = await new ConnectionFactory { Uri = new Uri(uri) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        await channel.BasicPublishAsync("skald.topics", "shop.order-placed", false, new BasicProperties { Type = "order.placed", MessageId = "7" }, "{}"u8.ToArray());
        var came = new TaskCompletionSource<Delivery>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var consumer = await transport.ConsumeAsync("shop.order.events", 1, d => came.TrySetResult(d), CancellationToken.None);
        var envelope = (await came.Task.WaitAsync(TimeSpan.FromSeconds(20))).Envelope;
        Assert.Equal((MessageKind.Event, true, "shop.order-placed", null), (envelope!.Kind, envelope.Published, envelope.Destination, envelope.Flow));
    }

    // A list that was read is back once the broker has taken the return in, and it tells nobody when.
    private static async Task ListHasAsync(IChannel channel, uint messages)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (await channel.MessageCountAsync("skald.topic-list", limit.Token) != messages)
        {
        }
    }

    private static IEnumerable<string> Lines(IEnumerable<Topic> topics) => topics.Select(t => $"{t.Name}: {string.Join(' ', t.Subscriptions)}");
}
