using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using RabbitMQ.Client;
using Skald.Messaging;
using Skald.RabbitMq;
using Skald.TestServers;
using Xunit;

namespace Skald.Servers.Tests;

public sealed class Messages_that_are_sent_together(RabbitFixture rabbit)
{
    [Fact]
    public async Task Travel_as_few_where_a_service_of_ours_consumes()
    {
        var uri = (await rabbit.ServerAsync()).NewUri();
        await using var transport = await StartAsync(uri);
        await ConsumeOnceAsync(transport);
        await transport.SendAsync(Messages(100), CancellationToken.None);
        Assert.Equal(4, (await WaitingAsync(uri)).Count);

        await using var consumer = await ConsumerOf.StartAsync(transport);
        Assert.Equal(Enumerable.Range(1, 100), await consumer.TakeAsync(100));
        consumer.AcknowledgeAll();
        // What were not acknowledged would be there again.
        await consumer.DisposeAsync();
        Assert.Empty(await WaitingAsync(uri));
    }

    [Fact]
    public async Task Travel_one_by_one_to_a_queue_that_only_others_consume()
    {
        var uri = (await rabbit.ServerAsync()).NewUri();
        await using var transport = await StartAsync(uri);
        await transport.SendAsync(Messages(40), CancellationToken.None);
        await transport.SendAsync(Messages(40), CancellationToken.None);
        var waiting = await WaitingAsync(uri);
        Assert.Equal(80, waiting.Count);
        Assert.All(waiting, type => Assert.Equal("application/json", type));
    }

    [Fact]
    public async Task Are_lost_in_no_company_when_they_were_under_way_alone_before()
    {
        var server = await rabbit.ServerAsync();
        var uri = server.NewUri();
        await using var proxy = new AmqpProxy(server.Port);
        await using var transport = await StartAsync(new UriBuilder(uri) { Port = proxy.Port }.Uri.ToString());
        await transport.SendAsync(Messages(1), CancellationToken.None);
        // The broker has them, and its word on it does not come: the same messages are sent again, together, to a queue that takes no parcels.
        proxy.Decide(frame => frame.IsConfirm ? FrameFate.Swallow : FrameFate.Pass);
        List<Task> alone = [.. Messages(3).Select(m => transport.SendAsync([m], CancellationToken.None))];
        await UntilAsync(async () => (await WaitingAsync(uri)).Count == 4);
        Assert.All(alone, task => Assert.False(task.IsCompleted));
        await PurgeAsync(uri);
        proxy.Heal();
        await transport.SendAsync(Messages(3), CancellationToken.None);
        Assert.Equal(3, (await WaitingAsync(uri)).Count);
    }

    [Fact]
    public async Task Travel_one_by_one_when_the_consumer_has_switched_parcels_off()
    {
        var uri = (await rabbit.ServerAsync()).NewUri();
        await using var transport = await StartAsync(uri);
        await ConsumeOnceAsync(transport);
        await using var without = await StartAsync(uri, new RabbitMqOptions { MessagesPerParcel = 1 });
        await ConsumeOnceAsync(without);
        await transport.SendAsync(Messages(40), CancellationToken.None);
        Assert.Equal(40, (await WaitingAsync(uri)).Count);
    }

    [Fact]
    public async Task Are_no_parcel_when_they_are_large_or_published()
    {
        var uri = (await rabbit.ServerAsync()).NewUri();
        await using var transport = await StartAsync(uri);
        await transport.SubscribeAsync("t", "q", CancellationToken.None);
        await ConsumeOnceAsync(transport);
        var large = Enumerable.Range(1, 3).Select(n => new OutgoingMessage(Envelope(n), new byte[50 * 1024]));
        var published = Enumerable.Range(4, 3).Select(n => new OutgoingMessage(Envelope(n) with { Destination = "t", Published = true, Kind = MessageKind.Event }, "{}"u8.ToArray()));
        await transport.SendAsync([.. large, .. published], CancellationToken.None);
        Assert.Equal(6, (await WaitingAsync(uri)).Count);
    }

    [Fact]
    public async Task Come_again_whole_when_their_consumer_was_cut_off_in_the_middle()
    {
        var server = await rabbit.ServerAsync();
        var uri = server.NewUri();
        await using var proxy = new AmqpProxy(server.Port);
        await using var sender = await StartAsync(uri);
        await using var transport = await StartAsync(new UriBuilder(uri) { Port = proxy.Port }.Uri.ToString(), new RabbitMqOptions { Heartbeat = TimeSpan.FromSeconds(1) });
        await using var consumer = await ConsumerOf.StartAsync(transport);
        await sender.SendAsync(Messages(20), CancellationToken.None);
        await consumer.TakeAsync(20);
        consumer.Acknowledge(n => n % 2 == 0);
        proxy.Decide(frame => frame.Connection <= 2 ? FrameFate.Cut : FrameFate.Pass);
        Assert.Equal(Enumerable.Range(1, 20), await consumer.TakeAsync(20));
        consumer.AcknowledgeAll();
        // What were not acknowledged would be there again.
        await consumer.DisposeAsync();
        Assert.Empty(await WaitingAsync(uri));
    }

    [Fact]
    public async Task Come_again_whole_when_a_broker_that_takes_nothing_keeps_their_consumer_from_giving_back_a_part()
    {
        Need.That(Requirements.RabbitMq);
        await using var server = await RabbitServer.StartAsync();
        var uri = server.NewUri();
        await using var transport = await StartAsync(uri);
        var consumer = await ConsumerOf.StartAsync(transport);
        await transport.SendAsync(Messages(20), CancellationToken.None);
        await consumer.TakeAsync(20);
        consumer.Acknowledge(n => n % 2 == 0);
        await server.ControlAsync("set_vm_memory_high_watermark absolute 1MB");
        await consumer.DisposeAsync();
        await using var next = await ConsumerOf.StartAsync(transport);
        Assert.Equal(Enumerable.Range(1, 20), await next.TakeAsync(20));
    }

    [Fact]
    public async Task Say_which_right_is_missing()
    {
        Need.That(Requirements.RabbitMq);
        await using var server = await RabbitServer.StartAsync();
        var uri = server.NewUri();
        await server.ControlAsync("set_permissions -p v1 skald '^(?!skald.parcels)' '.*' '.*'");
        await using var transport = await StartAsync(uri);
        var refused = await Assert.ThrowsAsync<TransportSetupException>(() => ConsumerOf.StartAsync(transport));
        Assert.StartsWith("RabbitMQ does not let exchange 'skald.parcels' be used: ", refused.Message, StringComparison.Ordinal);
        Assert.Contains("set RabbitMqOptions.MessagesPerParcel to 1", refused.Message, StringComparison.Ordinal);
        var unsent = await Assert.ThrowsAsync<SendFailedException>(() => transport.SendAsync(Messages(2), CancellationToken.None));
        Assert.Contains("exchange 'skald.parcels'", unsent.Message, StringComparison.Ordinal);

        await using var without = await StartAsync(uri, new RabbitMqOptions { MessagesPerParcel = 1 });
        await using var consumer = await ConsumerOf.StartAsync(without);
        await without.SendAsync(Messages(2), CancellationToken.None);
        Assert.Equal([1, 2], await consumer.TakeAsync(2));
    }

    [Fact]
    public async Task Say_why_when_they_may_not_be_written()
    {
        Need.That(Requirements.RabbitMq);
        await using var server = await RabbitServer.StartAsync();
        var uri = server.NewUri();
        await using var transport = await StartAsync(uri, new RabbitMqOptions { ConfirmTimeout = TimeSpan.FromSeconds(20) });
        await ConsumeOnceAsync(transport);
        await server.ControlAsync("set_permissions -p v1 skald '.*' '^(?!skald.parcels)' '.*'");
        var unsent = await Assert.ThrowsAsync<SendFailedException>(() => transport.SendAsync(Messages(2), CancellationToken.None));
        Assert.Matches("RabbitMQ refuses it: ACCESS_REFUSED.* exchange 'skald.parcels'", unsent.Message);
    }

    [Fact]
    public async Task Are_told_apart_when_one_of_them_is_damaged()
    {
        var uri = (await rabbit.ServerAsync()).NewUri();
        await using var transport = await StartAsync(uri);
        await using var consumer = await ConsumerOf.StartAsync(transport);
        var good = EnvelopeCodec.Encode(Envelope(1) with { Destination = "elsewhere" });
        await PublishAsync(uri, $"{good.Length} 1\n{Encoding.UTF8.GetString(good)}1\n2 3\n{{}}abc\n");
        await PublishAsync(uri, "not a parcel");
        Assert.Equal([1], await consumer.TakeAsync(1));
        Assert.Equal("q", consumer.Taken.Single().Envelope!.Destination);
        await UntilAsync(() => Task.FromResult(consumer.Unreadable.Count == 2));
        Assert.Contains(consumer.Unreadable, d => d.Unreadable!.StartsWith("its envelope cannot be read", StringComparison.Ordinal) && d.Body.Span.SequenceEqual("abc"u8));
        Assert.Contains(consumer.Unreadable, d => d.Unreadable == "the parcel is damaged" && d.Body.Span.SequenceEqual("not a parcel"u8));
        consumer.AcknowledgeAll();
        // What were not acknowledged would be there again.
        await consumer.DisposeAsync();
        Assert.Empty(await WaitingAsync(uri));
    }

    [Fact]
    public async Task Are_refused_as_one_when_there_are_more_than_anybody_sends()
    {
        var uri = (await rabbit.ServerAsync()).NewUri();
        await using var transport = await StartAsync(uri);
        await using var consumer = await ConsumerOf.StartAsync(transport);
        await PublishAsync(uri, string.Concat(Enumerable.Repeat("0 0\n\n", 1_000_000)));
        await PublishAsync(uri, string.Concat(Enumerable.Repeat("0 0\n\n", 1001)));
        await UntilAsync(() => Task.FromResult(consumer.Unreadable.Count == 2));
        Assert.All(consumer.Unreadable, d => Assert.Equal("the parcel is damaged", d.Unreadable));
        await transport.SendAsync(Messages(1), CancellationToken.None);
        Assert.Equal([1], await consumer.TakeAsync(1));
    }

    [Fact]
    public async Task Are_refused_by_their_size_before_they_are_held()
    {
        var uri = (await rabbit.ServerAsync()).NewUri();
        await using var transport = await StartAsync(uri, new RabbitMqOptions { MaxMessageBytes = 1 << 20 });
        await using var consumer = await ConsumerOf.StartAsync(transport);
        var large = new string('x', 64 << 20);
        for (var i = 0; i < 3; i++)
        {
            await PublishAsync(uri, large);
        }

        await UntilAsync(() => Task.FromResult(consumer.Unreadable.Count == 3));
        Assert.All(consumer.Unreadable, d => Assert.Equal("it has 67108864 bytes, and at most 1048576 are taken; this is how it begins", d.Unreadable));
        Assert.All(consumer.Unreadable, d => Assert.Equal(1024, d.Body.Length));
        await transport.SendAsync(Messages(1), CancellationToken.None);
        Assert.Equal([1], await consumer.TakeAsync(1));
    }

    private static async Task<ITransport> StartAsync(string uri, RabbitMqOptions? options = null)
    {
        var transport = RabbitTesting.Open(uri, options);
        await transport.StartAsync(CancellationToken.None);
        return transport;
    }

    private static async Task ConsumeOnceAsync(ITransport transport) => await (await ConsumerOf.StartAsync(transport)).DisposeAsync();

    private static Envelope Envelope(int number) => new()
    {
        Id = new Guid(number, 1, 1, 0x88, 1, 2, 3, 4, 5, 6, 7), Type = "test.message", Kind = MessageKind.Command, Source = "test", Destination = "q",
        Time = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero),
    };

    private static List<OutgoingMessage> Messages(int count) =>
        [.. Enumerable.Range(1, count).Select(n => new OutgoingMessage(Envelope(n), Encoding.UTF8.GetBytes($"{n}")))];

    /// <summary>The content types of what is in the queue and with no consumer; looking leaves it there.</summary>
    private static async Task<List<string?>> WaitingAsync(string uri)
    {
        await using var connection = await new ConnectionFactory { Uri = new Uri(uri) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        var types = new List<string?>();
        while (await channel.BasicGetAsync("q", autoAck: false) is { } message)
        {
            types.Add(message.BasicProperties.ContentType);
        }

        return types;
    }

    private static async Task PurgeAsync(string uri)
    {
        await using var connection = await new ConnectionFactory { Uri = new Uri(uri) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        await channel.QueuePurgeAsync("q");
    }

    private static async Task PublishAsync(string uri, string parcel)
    {
        await using var connection = await new ConnectionFactory { Uri = new Uri(uri) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        await channel.BasicPublishAsync("", "q", true, new BasicProperties { ContentType = ParcelFormat.ContentType }, Encoding.UTF8.GetBytes(parcel));
    }

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await holds())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, limit.Token);
        }
    }

    /// <summary>A consumer of "q" that acknowledges when it is told to.</summary>
    private sealed class ConsumerOf : IAsyncDisposable
    {
        private readonly ConcurrentQueue<Delivery> _came = new();
        private readonly List<Delivery> _taken = [];
        private IAsyncDisposable? _subscription;

        public ConcurrentQueue<Delivery> Unreadable { get; } = new();

        public IReadOnlyList<Delivery> Taken => _taken;

        public static async Task<ConsumerOf> StartAsync(ITransport transport)
        {
            var consumer = new ConsumerOf();
            consumer._subscription = await transport.ConsumeAsync(
                "q", 1000, d => (d.Envelope is null ? consumer.Unreadable : consumer._came).Enqueue(d), CancellationToken.None);
            return consumer;
        }

        /// <summary>The numbers of the next messages, sorted.</summary>
        public async Task<List<int>> TakeAsync(int count)
        {
            await UntilAsync(() => Task.FromResult(_came.Count >= count));
            var taken = Enumerable.Range(0, count).Select(_ => _came.TryDequeue(out var delivery) ? delivery : throw new InvalidOperationException("nothing came")).ToList();
            _taken.AddRange(taken);
            return [.. taken.Select(Number).Order()];
        }

        public void AcknowledgeAll() => Acknowledge(_ => true);

        public void Acknowledge(Func<int, bool> which) =>
            Delivery.AcknowledgeAll([.. _taken.Where(d => which(Number(d))), .. Unreadable]);

        public ValueTask DisposeAsync() => _subscription!.DisposeAsync();

        private static int Number(Delivery delivery) => int.Parse(delivery.Body.Span, CultureInfo.InvariantCulture);
    }
}
