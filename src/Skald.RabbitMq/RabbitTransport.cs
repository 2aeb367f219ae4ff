using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using RabbitMQ.Client;
using Skald.Messaging;

namespace Skald.RabbitMq;

/// <summary>
/// Messages through RabbitMQ: a durable quorum queue for each of ours, direct sends through the default exchange, what is
/// published through a topic exchange. One connection publishes and one consumes, because the broker slows publishers down
/// by not reading from their connections.
/// </summary>
internal sealed class RabbitTransport : ITransport, ITopicCatalog
{
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly GivenUp _givenUp;
    private readonly int _mostBytes;
    private readonly Topology _topology;
    private readonly RabbitLink _publishing;
    private readonly RabbitLink _consuming;
    private readonly Publisher _publisher;
    private readonly ConcurrentDictionary<Subscription, string> _subscriptions = new();
    private readonly TopicRegister _register;
    private readonly Bindings _bindings;
    private readonly SemaphoreSlim _starting = new(1, 1);
    private bool _started;
    private Task? _asking;

    public RabbitTransport(string uri, RabbitMqOptions options, TimeProvider time, ILogger? logger = null)
    {
        (_time, _logger) = (time, logger ?? NullLogger.Instance);
        _givenUp = new GivenUp(time, _logger);
        _publishing = new RabbitLink(uri, "publishes", options, time, _logger, _givenUp);
        _consuming = new RabbitLink(uri, "consumes", options, time, _logger, _givenUp);
        _mostBytes = options.MaxMessageBytes;
        _topology = new Topology(options, _givenUp);
        _bindings = new Bindings(options, _topology);
        _publisher = new Publisher(_publishing, _bindings, options, time, _logger, _givenUp);
        _register = new TopicRegister(_publishing, time, _givenUp);
        Description = new TransportDescription { Server = SetupFailures.Server(uri), Wire = new RabbitWire(options), Limits = Wire.Limits };
    }

    public TransportDescription Description { get; }

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

    public async Task<IAsyncDisposable> ConsumeAsync(string queue, int window, Action<Delivery> deliver, CancellationToken cancellationToken)
    {
        var subscription = new Subscription(queue, window, _mostBytes, deliver, _consuming, _bindings, messages => SendAsync(messages, CancellationToken.None), _time, _logger, _givenUp, s => _subscriptions.TryRemove(s, out _));
        await subscription.StartAsync(cancellationToken).ConfigureAwait(false);
        _subscriptions[subscription] = queue;
        return subscription;
    }

    /// <summary>Asks for a channel on either connection, which may lead to different nodes. However many services ask, the broker is asked once at a time.</summary>
    public Task ProbeAsync(CancellationToken cancellationToken)
    {
        lock (_subscriptions)
        {
            return (_asking = _asking is { IsCompleted: false } ? _asking : AskAsync()).WaitAsync(cancellationToken);
        }
    }

    private Task AskAsync() => Task.WhenAll(AskAsync(_publishing), AskAsync(_consuming));

    private async Task AskAsync(RabbitLink link)
    {
        var connection = await link.ConnectionAsync(CancellationToken.None).ConfigureAwait(false);
        var channel = await connection.CreateChannelAsync(cancellationToken: CancellationToken.None).ConfigureAwait(false);
        // That it was opened is the answer.
        _ = _givenUp.CloseAsync(channel);
    }

    public Task CreateTopicAsync(string topic, CancellationToken cancellationToken) => SetUpAsync($"Topic '{topic}' cannot be created", async connection =>
    {
        await _topology.DeclareTopicsAsync(connection, cancellationToken).ConfigureAwait(false);
        await _register.AddAsync(connection, topic, null, cancellationToken).ConfigureAwait(false);
        return true;
    }, cancellationToken);

    public Task SubscribeAsync(string topic, string queue, CancellationToken cancellationToken) => SetUpAsync($"Queue '{queue}' cannot be subscribed to topic '{topic}'", async connection =>
    {
        await _bindings.AddAsync(connection, topic, queue, cancellationToken).ConfigureAwait(false);
        // Last: what a crash leaves out here is put in when the service starts again.
        await _register.AddAsync(connection, topic, queue, cancellationToken).ConfigureAwait(false);
        return true;
    }, cancellationToken);

    public Task<IReadOnlyList<Topic>> TopicsAsync(CancellationToken cancellationToken) =>
        SetUpAsync("The topics cannot be listed", connection => _register.ReadAsync(connection, cancellationToken), cancellationToken);

    public async ValueTask DisposeAsync()
    {
        foreach (var subscription in _subscriptions.Keys)
        {
            await subscription.DisposeAsync().ConfigureAwait(false);
        }

        // First: a link that the publisher closed would be connecting again.
        await _publishing.DisposeAsync().ConfigureAwait(false);
        await _publisher.DisposeAsync().ConfigureAwait(false);
        await _consuming.DisposeAsync().ConfigureAwait(false);
        _starting.Dispose();
        _register.Dispose();
    }

    private async Task<T> SetUpAsync<T>(string failure, Func<IConnection, Task<T>> set, CancellationToken cancellationToken)
    {
        var connection = await _consuming.ConnectionAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await set(connection).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not (OperationCanceledException or TransportSetupException))
        {
            throw new TransportSetupException($"{failure}: {SetupFailures.OneLine(exception.Message)}", exception);
        }
    }
}
