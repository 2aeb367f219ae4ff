using System.Collections.Concurrent;
using RabbitMQ.Client;
using Skald.Messaging;

namespace Skald.RabbitMq;

/// <summary>
/// One channel with publisher confirms, of which it keeps its own account. When anything goes wrong it is thrown away; its
/// publisher publishes what was open again on the next one.
/// </summary>
internal sealed class PublishChannel : IAsyncDisposable
{
    /// <summary>After this time a queue that took no parcels is offered one again: a service of ours may consume it by now.</summary>
    private static readonly TimeSpan OfferAgain = TimeSpan.FromMinutes(1);

    private readonly IConnection _connection;
    private readonly IChannel _channel;
    private readonly Bindings _bindings;
    private readonly RabbitMqOptions _options;
    private readonly TimeProvider _time;
    private readonly GivenUp _givenUp;
    private readonly Action<SendBatch> _again;
    private readonly ConcurrentDictionary<string, bool> _declared = [];
    private readonly ConcurrentDictionary<string, long> _takesNoParcels = [];
    private readonly Dictionary<string, Parcel> _packing = [];
    private readonly ParcelWriter _writer = new();
    private readonly OutgoingProperties _properties = new();
    private readonly Unconfirmed _unconfirmed;
    private readonly SemaphoreSlim _room = new(Unconfirmed.Capacity);
    private readonly CancellationTokenSource _lost = new();

    private PublishChannel(IConnection connection, IChannel channel, Bindings bindings, RabbitMqOptions options, TimeProvider time, GivenUp givenUp, Action<SendBatch> again)
    {
        (_connection, _channel, _bindings, _options, _time, _givenUp, _again) = (connection, channel, bindings, options, time, givenUp, again);
        _unconfirmed = new Unconfirmed(Settled, time);
        channel.BasicAcksAsync += (_, ack) => Settle(ack.DeliveryTag, ack.Multiple, null);
        channel.BasicNacksAsync += (_, nack) => Settle(nack.DeliveryTag, nack.Multiple, "the broker could not store it");
        channel.BasicReturnAsync += (_, returned) =>
        {
            _declared.TryRemove(returned.RoutingKey, out bool _);
            _unconfirmed.Note(returned);
            return Task.CompletedTask;
        };
        channel.ChannelShutdownAsync += (_, reason) =>
        {
            // Such as that the user may not write to an exchange: it shows only when something is published.
            Refusal ??= reason.ReplyCode is Constants.AccessRefused or Constants.NotFound ? SetupFailures.OneLine(reason.ReplyText) : null;
            return _lost.CancelAsync();
        };
        if (!channel.IsOpen)
        {
            _lost.Cancel();
        }
    }

    /// <summary>Why the broker closed the channel, if it did so because of what was published.</summary>
    public string? Refusal { get; private set; }

    /// <summary>Cancelled when the channel is gone.</summary>
    public CancellationToken Lost => _lost.Token;

    /// <summary>Opens one on a connection.</summary>
    /// <param name="connection">Used for nothing else.</param>
    /// <param name="bindings">What has to exist for what is published.</param>
    /// <param name="options">How RabbitMQ is used.</param>
    /// <param name="time">The clock.</param>
    /// <param name="givenUp">Closes it in the end.</param>
    /// <param name="again">Told of a batch in which messages have to be published again; must not block.</param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    public static async Task<PublishChannel> OpenAsync(
        IConnection connection, Bindings bindings, RabbitMqOptions options, TimeProvider time, GivenUp givenUp, Action<SendBatch> again, CancellationToken cancellationToken)
    {
        // Without the client's own limiter: tried with 7.2.2, it still delays publishes from half its limit on, and refuses those who
        // wait beyond twice the limit. The room in our account is the limit.
        var channel = await connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: false, outstandingPublisherConfirmationsRateLimiter: null),
            cancellationToken).ConfigureAwait(false);
        return new PublishChannel(connection, channel, bindings, options, time, givenUp, again);
    }

    /// <summary>Publishes what waits in a batch; returns when it is written, not when it is confirmed.</summary>
    /// <exception cref="Exception">The channel is of no use any more.</exception>
    public async Task PublishAsync(SendBatch batch)
    {
        for (var i = 0; i < batch.Messages.Count; i++)
        {
            if (!batch.TryTake(i))
            {
                continue;
            }

            var envelope = batch.Messages[i].Envelope;
            if (Wire.Problem(envelope) is { } problem)
            {
                batch.Refuse(i, problem);
                continue;
            }

            if (!IsDeclared(envelope) && !await TryDeclareAsync(batch, i, envelope).ConfigureAwait(false))
            {
                continue;
            }

            if (!TakesParcels(envelope))
            {
                await PublishAsync(new Parcel(batch, i)).ConfigureAwait(false);
            }
            else if (!_packing.TryGetValue(envelope.Destination, out var parcel))
            {
                _packing[envelope.Destination] = new Parcel(batch, i);
            }
            else if (!parcel.TryAdd(i, _options.MessagesPerParcel))
            {
                _packing[envelope.Destination] = new Parcel(batch, i);
                await PublishAsync(parcel).ConfigureAwait(false);
            }
        }

        foreach (var parcel in _packing.Values)
        {
            await PublishAsync(parcel).ConfigureAwait(false);
        }

        _packing.Clear();
    }

    /// <summary>Whether the broker has left a message unconfirmed for too long.</summary>
    public bool IsStuck() => _unconfirmed.IsOlderThan(_options.ConfirmTimeout);

    /// <summary>Throws the channel away, and its connection with it, which is used for nothing else. Repeating it is harmless.</summary>
    public async ValueTask DisposeAsync()
    {
        await _lost.CancelAsync().ConfigureAwait(false);
        await _givenUp.AbortAsync(_connection).ConfigureAwait(false);
    }

    /// <summary>What has to exist for a message to be published.</summary>
    private static string Target(Envelope envelope) => envelope.Published ? Topology.Topics : envelope.Destination;

    // Whoever wants an answer has a queue, and anybody may name one: for it, only the exchange of parcels has to be there.
    private bool IsDeclared(Envelope envelope) => IsAnswer(envelope)
        ? _options.MessagesPerParcel == 1 || _declared.ContainsKey(Topology.Parcels)
        : _declared.ContainsKey(Target(envelope));

    private static bool IsAnswer(Envelope envelope) => envelope is { Published: false, Kind: MessageKind.Reply or MessageKind.Refusal };

    private bool TakesParcels(Envelope envelope) => _options.MessagesPerParcel > 1 && !envelope.Published
        && !(_takesNoParcels.TryGetValue(envelope.Destination, out var since) && _time.GetElapsedTime(since) < OfferAgain);

    private async Task PublishAsync(Parcel parcel)
    {
        if (!_room.Wait(0, CancellationToken.None))
        {
            await _room.WaitAsync(Lost).ConfigureAwait(false);
        }

        var number = _unconfirmed.Add(parcel);
        var (envelope, body) = parcel.First;
        // On a dead connection a publish never ends by itself, not even when the connection is aborted (RabbitMQ.Client 7.2.2, its
        // #1930): the token ends it. That 7.2.2 keeps count all the same, as 7.1.2 did not (its #1900), a test makes sure of.
        if (parcel.Count > 1)
        {
            await _channel.BasicPublishAsync(Topology.Parcels, parcel.Queue, mandatory: true, _writer.Properties(parcel, number), _writer.Body(parcel), Lost).ConfigureAwait(false);
        }
        else
        {
            await _channel.BasicPublishAsync(
                envelope.Published ? Topology.Topics : "", envelope.Destination, mandatory: !envelope.Published, _properties.Of(envelope), body, Lost).ConfigureAwait(false);
        }
    }

    private async Task<bool> TryDeclareAsync(SendBatch batch, int index, Envelope envelope)
    {
        try
        {
            if (!IsAnswer(envelope))
            {
                // A message to a service that has never run must wait for it, not vanish.
                await (envelope.Published ? _bindings.DeclareTopicsAsync(_connection, Lost) : _bindings.Topology.DeclareAsync(_connection, envelope.Destination, Lost)).ConfigureAwait(false);
            }

            if (_options.MessagesPerParcel > 1 && !_declared.ContainsKey(Topology.Parcels))
            {
                await _bindings.Topology.DeclareParcelsAsync(_connection, Lost).ConfigureAwait(false);
                _declared[Topology.Parcels] = true;
            }

            if (!IsAnswer(envelope))
            {
                _declared[Target(envelope)] = true;
            }

            return true;
        }
        catch (TransportSetupException exception)
        {
            batch.Fail(index, exception.Message);
            return false;
        }
    }

    private Task Settle(ulong number, bool multiple, string? failure)
    {
        if (_unconfirmed.Settle(number, multiple, failure) is var freed and > 0)
        {
            _room.Release(freed);
        }

        return Task.CompletedTask;
    }

    private void Settled(Parcel parcel, bool returned, string? failure)
    {
        if (returned && parcel.Count > 1)
        {
            // Nobody of ours consumes that queue. A participant in another language takes messages one by one.
            _takesNoParcels[parcel.Queue] = _time.GetTimestamp();
            parcel.StartOver();
            _again(parcel.Batch);
        }
        else if (returned && IsAnswer(parcel.First.Envelope))
        {
            parcel.Refuse($"there is no queue '{parcel.Queue}'");
        }
        else if ((returned ? "its queue was deleted" : failure) is { } reason)
        {
            parcel.Fail(reason);
        }
        else
        {
            parcel.Confirm();
        }
    }
}
