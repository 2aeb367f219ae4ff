using System.Collections.Concurrent;
using Skald.Messaging;

namespace Skald.RabbitMq;

/// <summary>
/// Messages through RabbitMQ: a durable quorum queue for each of ours, direct sends through the default exchange. One
/// connection publishes and one consumes, because the broker slows publishers down by not reading from their connections.
/// </summary>
internal sealed class RabbitTransport : ITransport
{
    private readonly RabbitMqOptions _options;
    private readonly TimeProvider _time;
    private readonly RabbitLink _publishing;
    private readonly RabbitLink _consuming;
    private readonly Publisher _publisher;
    private readonly ConcurrentDictionary<Subscription, string> _subscriptions = new();
    private readonly SemaphoreSlim _starting = new(1, 1);
    private bool _started;

    public RabbitTransport(string uri, RabbitMqOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        _publishing = new RabbitLink(uri, "publishes", options, time);
        _consuming = new RabbitLink(uri, "consumes", options, time);
        _publisher = new Publisher(_publishing, options, time);
    }

    public string? Problem => _publishing.Problem ?? _consuming.Problem ?? _subscriptions.Keys.Select(s => s.Problem).FirstOrDefault(p => p is not null);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await _starting.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!_started)
            {
                await _publishing.StartAsync(cancellationToken).ConfigureAwait(false);
                await _consuming.StartAsync(cancellationToken).ConfigureAwait(false);
                _publisher.Start();
                _started = true;
            }
        }
        finally
        {
            _starting.Release();
        }
    }

    public Task SendAsync(IReadOnlyList<OutgoingMessage> messages, CancellationToken cancellationToken) =>
        messages.Count == 0 ? Task.CompletedTask : _publisher.SendAsync(messages, cancellationToken);

    public async Task<ISubscription> ConsumeAsync(string queue, int window, Action<Delivery> deliver, CancellationToken cancellationToken)
    {
        var subscription = new Subscription(queue, (ushort)Math.Clamp(window, 1, ushort.MaxValue), deliver, _consuming, _options, _time, s => _subscriptions.TryRemove(s, out _));
        await subscription.StartAsync(cancellationToken).ConfigureAwait(false);
        _subscriptions[subscription] = queue;
        return subscription;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var subscription in _subscriptions.Keys)
        {
            await subscription.DisposeAsync().ConfigureAwait(false);
        }

        await _publisher.DisposeAsync().ConfigureAwait(false);
        await _publishing.DisposeAsync().ConfigureAwait(false);
        await _consuming.DisposeAsync().ConfigureAwait(false);
        _starting.Dispose();
    }
}
