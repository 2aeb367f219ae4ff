using System.Diagnostics;
using System.Threading.Channels;
using Skald.Messaging;

namespace Skald.Bench.Servers;

/// <summary>
/// The same nine messages over the same queues with nothing but the transport: no store, no decisions, no ledger. What the
/// broker and its client take is the most that any engine on them can reach.
/// </summary>
public sealed class TransportAlone : IAsyncDisposable
{
    private const int Batch = 100;
    private static readonly byte[] Body = "{\"consumerId\":70,\"items\":\"2 x Dish 1, 1 x Dish 2\"}"u8.ToArray();
    private static readonly string[] Services = ["consumer", "restaurant", "accounting", "restaurant"];

    private readonly ITransport _transport;
    private readonly Func<int, Task>? _commit;
    private readonly List<(IAsyncDisposable Subscription, Task Loop, Channel<Delivery> Queue)> _loops = [];
    private readonly OrdersEnded _ended = new();

    /// <param name="transport">What carries the messages.</param>
    /// <param name="commit">Ends when something is committed for each of so many messages, before they are answered; null for the transport alone.</param>
    public TransportAlone(ITransport transport, Func<int, Task>? commit = null) => (_transport, _commit) = (transport, commit);

    public async Task<TransportAlone> StartAsync()
    {
        await _transport.StartAsync(CancellationToken.None);
        foreach (var service in Services.Distinct())
        {
            await ConsumeAsync($"alone.{service}.commands", d => [Next(d.Envelope!, "alone.order.replies", d.Envelope!.Attempt)]);
        }

        await ConsumeAsync("alone.order.replies", d =>
        {
            var envelope = d.Envelope!;
            if (envelope.Attempt == Services.Length)
            {
                _ended.Tell(envelope.Saga!.Value.Value);
                return [];
            }

            return [Next(envelope, $"alone.{Services[envelope.Attempt]}.commands", envelope.Attempt + 1)];
        });
        return this;
    }

    public async Task<double> RunAsync(int sagas, int callers, bool waits)
    {
        var all = _ended.Expect(sagas);
        var watch = Stopwatch.StartNew();
        await Callers.RunAsync(sagas, callers, () => StartOneAsync(waits));
        await all;
        return sagas / watch.Elapsed.TotalSeconds;
    }

    public Task<Latency> RunOneAtATimeAsync(int sagas)
    {
        _ = _ended.Expect(int.MaxValue);
        return Callers.OneAtATimeAsync(sagas, () => StartOneAsync(waits: true));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (subscription, loop, queue) in _loops)
        {
            queue.Writer.Complete();
            await loop;
            await subscription.DisposeAsync();
        }

        await _transport.DisposeAsync();
    }

    private async Task StartOneAsync(bool waits)
    {
        var id = Guid.CreateVersion7();
        var ended = waits ? _ended.One(id) : Task.CompletedTask;
        await _transport.SendAsync([First(id)], CancellationToken.None);
        await ended;
    }

    private async Task ConsumeAsync(string queue, Func<Delivery, IReadOnlyList<OutgoingMessage>> answer)
    {
        var arrived = Channel.CreateUnbounded<Delivery>();
        var subscription = await _transport.ConsumeAsync(queue, 1000, d => arrived.Writer.TryWrite(d), CancellationToken.None);
        _loops.Add((subscription, Task.Run(() => LoopAsync(arrived.Reader, answer)), arrived));
    }

    private async Task LoopAsync(ChannelReader<Delivery> arrived, Func<Delivery, IReadOnlyList<OutgoingMessage>> answer)
    {
        var batch = new List<Delivery>();
        while (await arrived.WaitToReadAsync())
        {
            while (batch.Count < Batch && arrived.TryRead(out var delivery))
            {
                batch.Add(delivery);
            }

            if (_commit is not null)
            {
                await _commit(batch.Count);
            }

            // As the engine does: acknowledge, and send without waiting for the confirmation.
            Delivery.AcknowledgeAll([.. batch]);
            _ = _transport.SendAsync([.. batch.SelectMany(answer)], CancellationToken.None);
            batch.Clear();
        }
    }

    // The ninth message: the start.
    private static OutgoingMessage First(Guid id) => Make(id, "alone.order.replies", 0);

    private static OutgoingMessage Next(Envelope envelope, string queue, int hop) => Make(envelope.Saga!.Value.Value, queue, hop);

    private static OutgoingMessage Make(Guid saga, string queue, int hop) => new(
        new Envelope
        {
            Id = Guid.CreateVersion7(),
            Type = "restaurant.create_ticket",
            Kind = MessageKind.Command,
            Source = "alone.order",
            Destination = queue,
            ReplyTo = "alone.order.replies",
            Saga = new SagaId(saga),
            Step = "create ticket",
            Attempt = hop,
            Time = DateTimeOffset.UnixEpoch,
        },
        Body);
}
