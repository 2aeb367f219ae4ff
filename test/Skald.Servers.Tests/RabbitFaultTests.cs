using System.Diagnostics;
using System.Text;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using Skald.Messaging;
using Skald.RabbitMq;
using Skald.TestServers;
using Xunit;

namespace Skald.Servers.Tests;

/// <summary>What a network or a broker may do between us and it.</summary>
public sealed class RabbitMq_under_faults(RabbitFixture rabbit, ITestOutputHelper output)
{
    private static readonly RabbitMqOptions Hasty = new() { ConfirmTimeout = TimeSpan.FromSeconds(1), Heartbeat = TimeSpan.FromSeconds(1) };

    [Fact]
    public async Task A_broker_that_is_killed_and_comes_back_loses_and_doubles_nothing()
    {
        Need.That(Requirements.RabbitMq);
        await using var server = await RabbitServer.StartAsync();
        await using var shop = await RabbitShop.StartAsync(server.NewUri());
        await SettleAsync(server, shop);
        const int orders = 3000;
        var running = shop.RunManyAsync(orders);
        for (var kill = 1; kill <= 2; kill++)
        {
            await UntilAsync(async () => await shop.EndedAsync() > orders * kill / 4);
            await server.KillAsync();
            await UntilAsync(() => Task.FromResult(shop.Orders.Problem is not null));
            await server.RestartAsync();
            var back = Stopwatch.StartNew();
            var before = await shop.EndedAsync();
            await UntilAsync(async () => await shop.EndedAsync() > before + 10);
            output.WriteLine($"resumed {back.ElapsedMilliseconds} ms after the broker's return, with {before} ended");
            Assert.InRange(back.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        }

        await running;
        await AssertEachOnceAsync(shop, orders);
        Assert.Null(shop.Orders.Problem);
    }

    [Fact]
    public async Task An_answer_makes_no_queue_and_a_command_does()
    {
        var uri = (await rabbit.ServerAsync()).NewUri();
        await using var transport = new RabbitTransport(uri, new RabbitMqOptions(), TimeProvider.System);
        await transport.StartAsync(CancellationToken.None);
        await TakeAsync(transport, "test.known.replies", 0);
        var command = Message("test.new.commands", 1);
        OutgoingMessage[] messages =
        [
            command with { Envelope = command.Envelope with { Kind = MessageKind.Command } },
            .. Enumerable.Range(2, 20).Select(n => Answer($"test.invented-{n}.replies", n)), .. Enumerable.Range(30, 10).Select(n => Answer("test.invented.replies", n)),
            Answer(new string('x', 300), 50), Answer("test.known.replies", 60),
        ];
        var failed = await Assert.ThrowsAsync<SendFailedException>(() => transport.SendAsync(messages, CancellationToken.None));
        var lost = messages[1..^1].Select(m => m.Envelope.Id).ToHashSet();
        Assert.Equal(lost, failed.Unsent.ToHashSet());
        Assert.Equal(lost, failed.Undeliverable.Keys.ToHashSet());
        Assert.Equal("there is no queue 'test.invented-2.replies'", failed.Undeliverable[messages[1].Envelope.Id]);
        Assert.Equal([60], await TakeAsync(transport, "test.known.replies", 1));

        await using var connection = await new ConnectionFactory { Uri = new Uri(uri) }.CreateConnectionAsync();
        foreach (var queue in new[] { "test.invented-2.replies", "test.invented.replies", "test.invented.replies.dead" })
        {
            await using var channel = await connection.CreateChannelAsync();
            await Assert.ThrowsAsync<OperationInterruptedException>(() => channel.QueueDeclarePassiveAsync(queue));
        }

        static OutgoingMessage Answer(string queue, int number) => Message(queue, number) is var message
            ? message with { Envelope = message.Envelope with { Kind = MessageKind.Reply, Saga = new SagaId(new Guid(number, 2, 2, new byte[8])), Step = "s", Attempt = 1 } } : default;
    }

    /// <summary>
    /// The broker keeps the directory of its quorum queues in a file that it flushes now and then. Killed before it did, 3.10
    /// starts a queue that it does not find there without an election, and for ever without a leader. A clean restart flushes.
    /// </summary>
    private static async Task SettleAsync(RabbitServer server, RabbitShop shop)
    {
        await server.StopAsync();
        await UntilAsync(() => Task.FromResult(shop.Orders.Problem is not null));
        await server.RestartAsync();
        await UntilAsync(() => Task.FromResult(shop.Orders.Problem is null));
    }

    [Fact]
    public async Task A_broker_that_takes_no_messages_is_waited_for_and_says_so()
    {
        Need.That(Requirements.RabbitMq);
        await using var server = await RabbitServer.StartAsync();
        await using var transport = RabbitTesting.Open(server.NewUri(), Hasty);
        await transport.StartAsync(CancellationToken.None);
        await transport.SendAsync([Message("q", 1)], CancellationToken.None);

        await server.ControlAsync("set_vm_memory_high_watermark absolute 1MB");
        await Assert.ThrowsAsync<SendFailedException>(() => transport.SendAsync([Message("q", 2)], CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(5)));
        Assert.Contains("takes no messages: low on memory", transport.Problem, StringComparison.Ordinal);

        await server.ControlAsync("set_vm_memory_high_watermark absolute 1GB");
        await UntilAsync(() => Task.FromResult(transport.Problem is null));
        await transport.SendAsync([Message("q", 3)], CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(5));
        Assert.Equal([1, 2, 3], (await TakeAsync(transport, "q", 3)).Order());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(17)]
    [InlineData(60)]
    public async Task A_connection_cut_at_any_frame_loses_and_doubles_nothing(int frames)
    {
        var server = await rabbit.ServerAsync();
        await using var proxy = new AmqpProxy(server.Port);
        await using var shop = await RabbitShop.StartAsync(Through(proxy, server));
        var counts = new Dictionary<int, int>();
        proxy.Decide(frame =>
        {
            lock (counts)
            {
                // The first six connections die after so many more frames each.
                counts[frame.Connection] = counts.GetValueOrDefault(frame.Connection) + 1;
                return frame.Connection <= 6 && counts[frame.Connection] > frames ? FrameFate.Cut : FrameFate.Pass;
            }
        });

        // The busier the machine, the more orders travel in one parcel, and the fewer frames each needs.
        const int atOnce = 200;
        var orders = 0;
        for (; orders == 0 || (proxy.Connections <= 6 && orders < 20 * atOnce); orders += atOnce)
        {
            await shop.RunManyAsync(atOnce, first: orders);
        }

        Assert.True(proxy.Connections > 6);
        await AssertEachOnceAsync(shop, orders);
    }

    [Fact]
    public async Task Messages_whose_confirms_are_lost_are_sent_again_and_recognised()
    {
        var server = await rabbit.ServerAsync();
        await using var proxy = new AmqpProxy(server.Port);
        await using var shop = await RabbitShop.StartAsync(Through(proxy, server));
        var swallowed = 0;
        proxy.Decide(frame =>
        {
            if (!frame.IsConfirm || swallowed >= 60)
            {
                return FrameFate.Pass;
            }

            // Whatever is unconfirmed at the cut arrived, and is sent again.
            return Interlocked.Increment(ref swallowed) % 20 == 0 ? FrameFate.Cut : FrameFate.Swallow;
        });

        const int atOnce = 300;
        var orders = 0;
        for (; orders == 0 || (swallowed < 60 && orders < 20 * atOnce); orders += atOnce)
        {
            await shop.RunManyAsync(atOnce, first: orders);
        }

        Assert.True(swallowed >= 60);
        await AssertEachOnceAsync(shop, orders);
    }

    [Fact]
    public async Task A_message_that_is_not_confirmed_in_time_counts_as_unsent_and_the_connection_is_replaced()
    {
        var server = await rabbit.ServerAsync();
        await using var proxy = new AmqpProxy(server.Port);
        await using var transport = RabbitTesting.Open(Through(proxy, server), new RabbitMqOptions { ConfirmTimeout = TimeSpan.FromSeconds(4) });
        await transport.StartAsync(CancellationToken.None);
        await transport.SendAsync([Message("q", 1)], CancellationToken.None);
        proxy.Decide(frame => frame.IsConfirm && frame.Connection <= 2 ? FrameFate.Swallow : FrameFate.Pass);

        var failure = await Assert.ThrowsAsync<SendFailedException>(() => transport.SendAsync([Message("q", 2)], CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(15)));
        Assert.Equal([Message("q", 2).Envelope.Id], failure.Unsent);
        await transport.SendAsync([Message("q", 2), Message("q", 3)], CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(15));

        Assert.Equal([1, 2, 2, 3], (await TakeAsync(transport, "q", 4)).Order());
    }

    [Fact]
    public async Task A_connection_that_falls_silent_is_given_up()
    {
        var server = await rabbit.ServerAsync();
        await using var proxy = new AmqpProxy(server.Port);
        await using var transport = RabbitTesting.Open(Through(proxy, server), Hasty);
        await transport.StartAsync(CancellationToken.None);
        var taken = new TaskCompletionSource();
        await using var subscription = await transport.ConsumeAsync("q", 10, _ => taken.TrySetResult(), CancellationToken.None);
        proxy.Decide(frame => frame.Connection <= 2 ? FrameFate.Swallow : FrameFate.Pass);

        await using var other = RabbitTesting.Open(server.Uri(new Uri(_uri!).AbsolutePath[1..]));
        await other.StartAsync(CancellationToken.None);
        await other.SendAsync([Message("q", 1)], CancellationToken.None);
        await taken.Task.WaitAsync(TimeSpan.FromSeconds(15));
    }

    [Fact]
    public async Task A_message_to_a_queue_that_was_deleted_counts_as_unsent_and_the_queue_is_created_again()
    {
        var server = await rabbit.ServerAsync();
        var uri = server.NewUri();
        await using var transport = RabbitTesting.Open(uri);
        await transport.StartAsync(CancellationToken.None);
        await transport.SendAsync([Message("q", 1)], CancellationToken.None);
        await DeleteAsync(uri, "q");

        var failure = await Assert.ThrowsAsync<SendFailedException>(
            () => transport.SendAsync([Message("other", 2), Message("q", 3)], CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(5)));
        Assert.Equal([Message("q", 3).Envelope.Id], failure.Unsent);
        await transport.SendAsync([Message("q", 3)], CancellationToken.None);

        Assert.Equal([3], await TakeAsync(transport, "q", 1));
        Assert.Equal([2], await TakeAsync(transport, "other", 1));
    }

    [Fact]
    public async Task A_consumer_whose_queue_is_deleted_creates_it_again()
    {
        var server = await rabbit.ServerAsync();
        var uri = server.NewUri();
        await using var transport = RabbitTesting.Open(uri);
        await transport.StartAsync(CancellationToken.None);
        var taken = new TaskCompletionSource();
        await using var subscription = await transport.ConsumeAsync("q", 10, _ => taken.TrySetResult(), CancellationToken.None);
        await DeleteAsync(uri, "q");

        // Nobody sends meanwhile: 3.10 attaches the old consumer to a successor that is declared before it has told it.
        await UntilAsync(async () => await ConsumersAsync(uri, "q") == 1);
        await transport.SendAsync([Message("q", 1)], CancellationToken.None);
        await taken.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_queue_that_is_deleted_comes_back_subscribed()
    {
        var uri = (await rabbit.ServerAsync()).NewUri();
        await using var transport = RabbitTesting.Open(uri);
        await transport.StartAsync(CancellationToken.None);
        await transport.SubscribeAsync("t", "q", CancellationToken.None);
        var taken = new TaskCompletionSource();
        await using var subscription = await transport.ConsumeAsync("q", 10, _ => taken.TrySetResult(), CancellationToken.None);
        await DeleteAsync(uri, "q");
        await UntilAsync(async () => await ConsumersAsync(uri, "q") == 1);
        var (envelope, body) = Message("t", 1);
        await transport.SendAsync([new OutgoingMessage(envelope with { Published = true, Kind = MessageKind.Event }, body)], CancellationToken.None);
        await taken.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_message_that_nobody_can_take_ends_in_the_dead_queue()
    {
        var server = await rabbit.ServerAsync();
        var uri = server.NewUri();
        await using var transport = RabbitTesting.Open(uri, new RabbitMqOptions { DeliveryLimit = 3 });
        await transport.StartAsync(CancellationToken.None);
        await transport.SendAsync([Message("q", 1)], CancellationToken.None);
        for (var time = 0; time < 4; time++)
        {
            var taken = new TaskCompletionSource();
            await using var subscription = await transport.ConsumeAsync("q", 10, _ => taken.TrySetResult(), CancellationToken.None);
            await taken.Task.WaitAsync(TimeSpan.FromSeconds(10));
        }

        await using var connection = await new ConnectionFactory { Uri = new Uri(uri) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        await UntilAsync(async () => await channel.MessageCountAsync("q.dead") == 1);
    }

    [Theory]
    [InlineData("http://localhost/", "is not the address of a RabbitMQ")]
    [InlineData("amqp://skald:s3cret@127.0.0.1:1/v1", "RabbitMQ at 127.0.0.1:1 cannot be reached: ")]
    [InlineData("amqp://skald:wrong@127.0.0.1:{port}/v1", "refused user 'skald'")]
    [InlineData("amqp://skald:s3cret@127.0.0.1:{port}/nowhere", "has no virtual host 'nowhere' for user 'skald'")]
    public async Task A_wrong_address_is_told_in_one_line(string uri, string line)
    {
        var server = await rabbit.ServerAsync();
        await using var transport = RabbitTesting.Open(uri.Replace("{port}", server.Port.ToString(), StringComparison.Ordinal));
        var failure = await Assert.ThrowsAsync<TransportSetupException>(() => transport.StartAsync(CancellationToken.None));
        output.WriteLine(failure.Message);
        Assert.Contains(line, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', failure.Message);
    }

    private string? _uri;

    private string Through(AmqpProxy proxy, RabbitServer server)
    {
        _uri = server.NewUri();
        return server.Uri(new Uri(_uri).AbsolutePath[1..], proxy.Port);
    }

    private static async Task AssertEachOnceAsync(RabbitShop shop, int orders)
    {
        var all = Enumerable.Range(0, orders).ToList();
        Assert.Equal(orders, await shop.EndedAsync());
        Assert.Equal(all, await shop.EffectsAsync("stock", "reserved"));
        Assert.Equal(all.Where(RabbitShop.IsRefused), await shop.EffectsAsync("stock", "released"));
        Assert.Equal(all.Where(o => !RabbitShop.IsRefused(o)), await shop.EffectsAsync("cash", "charged"));
        Assert.Empty(await shop.Orders.Operations.DeadLettersAsync(0, 10));
    }

    private static OutgoingMessage Message(string queue, int number) => new(
        new Envelope
        {
            Id = new Guid(number, 1, 1, 0x88, 1, 2, 3, 4, 5, 6, 7), Type = "test.message", Kind = MessageKind.Event, Source = "test",
            Destination = queue, Time = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero),
        },
        Encoding.UTF8.GetBytes($"{number}"));

    private static async Task<List<int>> TakeAsync(RabbitTransport transport, string queue, int count)
    {
        var numbers = System.Threading.Channels.Channel.CreateUnbounded<int>();
        await using var subscription = await transport.ConsumeAsync(
            queue, 100, d => numbers.Writer.TryWrite(int.Parse(Encoding.UTF8.GetString(d.Body.Span))), CancellationToken.None);
        var taken = new List<int>();
        while (taken.Count < count)
        {
            taken.Add(await numbers.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10)));
        }

        return taken;
    }

    private static async Task DeleteAsync(string uri, string queue)
    {
        await using var connection = await new ConnectionFactory { Uri = new Uri(uri) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        await channel.QueueDeleteAsync(queue);
    }

    /// <summary>How many consume the queue; none while it is not there.</summary>
    private static async Task<uint> ConsumersAsync(string uri, string queue)
    {
        await using var connection = await new ConnectionFactory { Uri = new Uri(uri) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        try
        {
            return await channel.ConsumerCountAsync(queue);
        }
        catch (OperationInterruptedException)
        {
            return 0;
        }
    }

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        var watch = Stopwatch.StartNew();
        while (!await holds())
        {
            Assert.True(watch.Elapsed < RabbitShop.Patience, $"it does not come to hold within {RabbitShop.Patience}");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }
}
