using System.Collections.Concurrent;
using Skald.Messaging;
using Skald.Runtime;
using Skald.Storage;
using Xunit;

namespace Skald.Tests;

public sealed class Events_that_are_published
{
    private const string Desk = "inn.desk";

    [Theory, EveryBackend]
    public async Task Are_not_sent_again_because_another_of_them_cannot_be(Backend backend)
    {
        using var ground = new Ground(backend);
        await using (var verb = await Host.OpenAsync(ground, (Desk, b => b.AddFlow<ReservationFlow>())))
        {
            for (var i = 1; i <= 3; i++)
            {
                await verb[Desk].PublishAsync(new TableAsked($"guest {i}"), $"R{i}");
            }

            Assert.Equal(3, (await verb[Desk].Operations.CountOutboxAsync()).Value);
        }

        var sent = new ConcurrentQueue<string?>();
        await using var host = await Host.StartAsync(ground, (Desk, b =>
        {
            b.AddFlow<ReservationFlow>();
            var inner = b.Transport;
            b.UseTransport(provider => new RefusingTransport(inner(provider), "R2", sent));
        }));
        await Eventually.HoldsAsync("only one is left", async () => (await host[Desk].Operations.CountOutboxAsync()).Value == 1, host.Time, TimeSpan.FromMilliseconds(100));
        host.Time.Advance(TimeSpan.FromMinutes(1));
        await Eventually.HoldsAsync("it was tried again", () => Task.FromResult(sent.Count(f => f == "R2") >= 2), host.Time, TimeSpan.FromMilliseconds(100));
        Assert.Equal(["R1", "R3"], sent.Where(f => f != "R2").Order());
    }

    [Theory]
    [InlineData(Backend.Memory)]
    [InlineData(Backend.Sqlite)]
    public async Task Are_given_to_the_transport_once_however_long_it_keeps_them(Backend backend)
    {
        using var ground = new Ground(backend);
        var sent = new ConcurrentQueue<string?>();
        var broker = new TaskCompletionSource();
        await using var host = await Host.StartAsync(ground, (Desk, b =>
        {
            b.AddFlow<ReservationFlow>();
            var inner = b.Transport;
            b.UseTransport(provider => new SlowTransport(inner(provider), broker.Task, sent));
        }));
        await host[Desk].PublishAsync(new TableAsked("guest 1"), "R1");
        await Eventually.HoldsAsync("it is on its way", () => Task.FromResult(sent.Count == 1));

        // Longer than a claim: whoever has it would be taken for dead.
        for (var i = 0; i < 60; i++)
        {
            host.Time.Advance(TimeSpan.FromSeconds(1));
            await host[Desk].ExecuteAsync<object?>(_ => new(default(object)));
        }

        Assert.Equal(1, (await host[Desk].Operations.CountOutboxAsync()).Value);
        broker.SetResult();
        await Eventually.HoldsAsync("its row is gone", async () => (await host[Desk].Operations.CountOutboxAsync()).Value == 0, host.Time, TimeSpan.FromMilliseconds(100));
        Assert.Single(sent, "R1");
    }

    [Fact]
    public void Are_known_by_their_ids_whatever_step_a_foreign_publisher_names()
    {
        var envelope = new Envelope
        {
            Id = Guid.CreateVersion7(), Type = "TABLE_ASKED", Kind = MessageKind.Event, Source = "test", Destination = "inn.TABLE_ASKED", Published = true,
            Saga = new SagaId(Guid.CreateVersion7()), Step = "charge", Time = DateTimeOffset.UnixEpoch,
        };
        Assert.Equal(new LedgerKey(envelope.Id, ""), MessageWork.LedgerKey(envelope));
    }

    /// <summary>Keeps what it is given until the broker is there.</summary>
    private sealed class SlowTransport(ITransport inner, Task broker, ConcurrentQueue<string?> sent) : PassingTransport(inner)
    {
        public override async Task SendAsync(IReadOnlyList<OutgoingMessage> messages, CancellationToken cancellationToken)
        {
            foreach (var message in messages)
            {
                sent.Enqueue(message.Envelope.Flow);
            }

            await broker;
            await base.SendAsync(messages, cancellationToken);
        }
    }

    /// <summary>One flow's messages go to a queue that cannot be used.</summary>
    private sealed class RefusingTransport(ITransport inner, string flow, ConcurrentQueue<string?> sent) : PassingTransport(inner)
    {
        public override async Task SendAsync(IReadOnlyList<OutgoingMessage> messages, CancellationToken cancellationToken)
        {
            foreach (var message in messages)
            {
                sent.Enqueue(message.Envelope.Flow);
            }

            await base.SendAsync([.. messages.Where(m => m.Envelope.Flow != flow)], cancellationToken);
            if (messages.Where(m => m.Envelope.Flow == flow).Select(m => m.Envelope.Id).ToList() is { Count: > 0 } unsent)
            {
                throw new SendFailedException("the queue has other arguments", unsent);
            }
        }
    }
}

public sealed class Locks_of_a_batch
{
    [Fact]
    public async Task Are_free_for_what_follows_the_end_of_their_flow()
    {
        var changes = new Changes();
        var keys = new BatchKeys(new MemoryKeys(new Dictionary<string, string> { ["table 1"] = "R1" }, new Dictionary<string, string>(), _ => long.MaxValue), changes);
        Assert.False(await keys.TryTakeAsync("table 1", "R2", DateTimeOffset.UnixEpoch));
        changes.ReleasedOwners.Add("R1");
        Assert.Null(await keys.OwnerAsync("table 1"));
        Assert.True(await keys.TryTakeAsync("table 1", "R2", DateTimeOffset.UnixEpoch));
        Assert.Equal("R2", await keys.OwnerAsync("table 1"));
        Assert.False(await keys.TryTakeAsync("table 1", "R3", DateTimeOffset.UnixEpoch));
    }
}
