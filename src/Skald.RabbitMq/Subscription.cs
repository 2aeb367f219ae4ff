using System.Diagnostics;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using Skald.Messaging;

namespace Skald.RabbitMq;

/// <summary>One consumer of one queue, on a channel of its own that is opened again whenever it is lost.</summary>
internal sealed class Subscription(
    string queue, int window, int mostBytes, Action<Delivery> deliver, RabbitLink link, Bindings bindings, Func<IReadOnlyList<OutgoingMessage>, Task> send, TimeProvider time, ILogger logger, GivenUp givenUp, Action<Subscription> disposed)
    : IAsyncDisposable
{
    private static readonly TimeSpan FirstPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ShortestPatience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan GoneWithin = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stopping = new();
    private volatile ConsumeChannel? _channel;
    private volatile string? _problem;
    private Task _running = Task.CompletedTask;

    /// <summary>Why the queue is not consumed although there is a connection; null when it is.</summary>
    public string? Problem => _problem;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await OpenAsync(FirstPatience, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not (OperationCanceledException or TransportSetupException))
        {
            throw new TransportSetupException(Describe(exception), exception);
        }

        _running = Task.Run(KeepAsync, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested)
        {
            return;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        if (_channel is { } channel)
        {
            await channel.GiveBackAsync(send).ConfigureAwait(false);
        }

        disposed(this);
    }

    private async Task KeepAsync()
    {
        while (true)
        {
            // StartAsync or the loop below has opened it.
            var channel = _channel ?? throw new UnreachableException("a subscription without a channel");
            await channel.Ended.WaitAsync(_stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_stopping.IsCancellationRequested)
            {
                return;
            }

            await channel.AbandonAsync().ConfigureAwait(false);
            if (channel.WasCancelled)
            {
                await SeeQueueGoneAsync().ConfigureAwait(false);
            }

            var patience = ShortestPatience;
            do
            {
                await RabbitLink.BackOffAsync(time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (_stopping.IsCancellationRequested)
                {
                    return;
                }

                patience = patience < FirstPatience ? patience * 2 : patience;
            }
            while (!await TryOpenAsync(patience / 2).ConfigureAwait(false));
        }
    }

    /// <summary>
    /// The broker tells consumers before it deletes a queue. Declared again at that moment, the queue that is going would be
    /// consumed: messages in its successor are then sent to a channel that takes them for the old queue's, and drops them.
    /// </summary>
    private async Task SeeQueueGoneAsync()
    {
        using var limit = new CancellationTokenSource(GoneWithin, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _stopping.Token);
        try
        {
            var connection = await link.ConnectionAsync(either.Token).ConfigureAwait(false);
            while (await bindings.Topology.ExistsAsync(connection, queue, either.Token).ConfigureAwait(false))
            {
                await RabbitLink.BackOffAsync(time, either.Token).ConfigureAwait(false);
            }
        }
        catch (Exception exception)
        {
            // It is there to stay, or the connection is lost too: opening again says the rest.
            logger.QueueNotSeenGone(queue, exception);
        }
    }

    private async Task<bool> TryOpenAsync(TimeSpan patience)
    {
        try
        {
            await OpenAsync(patience, _stopping.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception exception)
        {
            Say(exception is OperationCanceledException ? null : Describe(exception), exception);
            return false;
        }
    }

    private async Task OpenAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        var connection = await link.ConnectionAsync(cancellationToken).ConfigureAwait(false);
        using var attempt = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            await OpenAsync(connection, attempt.Token).WaitAsync(patience, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Seen right after a broker's restart, with RabbitMQ.Client 7.1.2: it never answers basic.consume, and a new connection
            // helps. 7.2.2 only changed the client's own recovery (its #1994), which is not used here.
            logger.ConsumeNotAnswered(queue);
            await attempt.CancelAsync().ConfigureAwait(false);
            await link.DropAsync(connection).ConfigureAwait(false);
            throw;
        }
    }

    private async Task OpenAsync(IConnection connection, CancellationToken cancellationToken)
    {
        await bindings.DeclareConsumedAsync(connection, queue, cancellationToken).ConfigureAwait(false);
        var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        var consumer = new ConsumeChannel(channel, queue, window, mostBytes, deliver, time, logger, givenUp);
        _channel = consumer;
        try
        {
            await consumer.StartAsync(cancellationToken).ConfigureAwait(false);
            Say(null, null);
        }
        catch (Exception)
        {
            await consumer.AbandonAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Once for each problem, and once when it is over.</summary>
    private void Say(string? problem, Exception? exception)
    {
        if (problem is not null && problem != _problem)
        {
            logger.QueueNotConsumed(problem, exception);
        }
        else if (problem is null && exception is null && _problem is not null)
        {
            logger.QueueConsumedAgain(queue);
        }

        _problem = problem;
    }

    private string Describe(Exception exception) =>
        exception is TransportSetupException ? exception.Message : $"Queue '{queue}' cannot be consumed: {SetupFailures.OneLine(exception.Message)}";
}
