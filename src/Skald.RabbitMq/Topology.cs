using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using Skald.Messaging;

namespace Skald.RabbitMq;

/// <summary>The queues and the exchange that have to exist. Declaring them again is harmless.</summary>
internal sealed class Topology(RabbitMqOptions options, GivenUp givenUp)
{
    public const string DeadLettersEnding = ".dead";

    /// <summary>Where the broker puts what was delivered too often.</summary>
    public static string DeadLetters(string queue) => queue + DeadLettersEnding;

    /// <summary>The exchange that everything published goes through; a message's routing key is its topic.</summary>
    public const string Topics = "skald.topics";

    /// <summary>The exchange that parcels go through: the queues whose consumers read them are bound to it, by their names.</summary>
    public const string Parcels = "skald.parcels";

    /// <exception cref="TransportSetupException">The queue exists with other arguments, or may not be created.</exception>
    public Task DeclareAsync(IConnection connection, string queue, CancellationToken cancellationToken) =>
        OnChannelAsync(connection, $"queue '{queue}'", "If it was created with other arguments, delete it once it is empty.", async channel =>
        {
            var dead = DeadLetters(queue);
            await DeclareAsync(channel, dead, new() { ["x-queue-type"] = "quorum" }, cancellationToken).ConfigureAwait(false);
            await DeclareAsync(channel, queue, new(options.QueueArguments(queue)), cancellationToken).ConfigureAwait(false);
        }, cancellationToken);

    /// <exception cref="TransportSetupException">The exchange exists with another type, or may not be created.</exception>
    public Task DeclareParcelsAsync(IConnection connection, CancellationToken cancellationToken) =>
        OnParcelsAsync(connection, _ => Task.CompletedTask, cancellationToken);

    /// <summary>Has parcels come to a queue that is consumed by one who reads them.</summary>
    /// <exception cref="TransportSetupException">The exchange exists with another type, or may not be bound to.</exception>
    public Task TakeParcelsAsync(IConnection connection, string queue, CancellationToken cancellationToken) =>
        OnParcelsAsync(connection, channel => channel.QueueBindAsync(queue, Parcels, routingKey: queue, cancellationToken: cancellationToken), cancellationToken);

    /// <summary>Has no parcel come to a queue from now on.</summary>
    public Task RefuseParcelsAsync(IConnection connection, string queue, CancellationToken cancellationToken) =>
        OnChannelAsync(connection, $"queue '{queue}'", "", channel => channel.QueueUnbindAsync(queue, Parcels, routingKey: queue, cancellationToken: cancellationToken), cancellationToken);

    /// <exception cref="TransportSetupException">The exchange exists with another type, or may not be created.</exception>
    public Task DeclareTopicsAsync(IConnection connection, CancellationToken cancellationToken) =>
        OnTopicsAsync(connection, _ => Task.CompletedTask, cancellationToken);

    /// <summary>Has a queue that exists get what is published to topics.</summary>
    /// <exception cref="TransportSetupException">A topic's name means something else to RabbitMQ, or the user may not do this.</exception>
    public Task BindAsync(IConnection connection, IReadOnlyList<string> topics, string queue, CancellationToken cancellationToken) =>
        topics.FirstOrDefault(topic => topic.Split('.').Any(word => word is "*" or "#")) is { } pattern
            ? throw new TransportSetupException($"Topic '{pattern}' cannot be subscribed to: '*' and '#' between dots mean any word to RabbitMQ. Name it otherwise.")
            : OnTopicsAsync(connection, async channel =>
            {
                foreach (var topic in topics)
                {
                    await channel.QueueBindAsync(queue, Topics, topic, cancellationToken: cancellationToken).ConfigureAwait(false);
                }
            }, cancellationToken);

    /// <summary>Whether the broker still, or already, has the queue.</summary>
    public async Task<bool> ExistsAsync(IConnection connection, string queue, CancellationToken cancellationToken)
    {
        var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        try
        {
            await channel.QueueDeclarePassiveAsync(queue, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (OperationInterruptedException exception) when (exception.ShutdownReason is { ReplyCode: 404 })
        {
            return false;
        }
        finally
        {
            await givenUp.CloseAsync(channel).ConfigureAwait(false);
        }
    }

    private Task OnTopicsAsync(IConnection connection, Func<IChannel, Task> set, CancellationToken cancellationToken) =>
        OnChannelAsync(connection, $"exchange '{Topics}'", "If it was created with another type, delete it; what is bound to it is bound again when its services start.", async channel =>
        {
            await channel.ExchangeDeclareAsync(Topics, ExchangeType.Topic, durable: true, autoDelete: false, cancellationToken: cancellationToken).ConfigureAwait(false);
            await set(channel).ConfigureAwait(false);
        }, cancellationToken);

    private async Task OnChannelAsync(IConnection connection, string what, string fix, Func<IChannel, Task> set, CancellationToken cancellationToken)
    {
        // On a channel of its own: the broker closes the channel when it objects.
        var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        try
        {
            await set(channel).ConfigureAwait(false);
        }
        catch (OperationInterruptedException exception) when (exception.ShutdownReason is { ReplyCode: 406 or 405 or 403 } reason)
        {
            throw new TransportSetupException($"RabbitMQ does not let {what} be used: {SetupFailures.OneLine(reason.ReplyText)}. {fix}", exception);
        }
        finally
        {
            await givenUp.CloseAsync(channel).ConfigureAwait(false);
        }
    }

    private Task OnParcelsAsync(IConnection connection, Func<IChannel, Task> set, CancellationToken cancellationToken) =>
        OnChannelAsync(connection, $"exchange '{Parcels}'", "Give the user rights on it, or set RabbitMqOptions.MessagesPerParcel to 1. If it was created with another type, delete it.", async channel =>
        {
            await channel.ExchangeDeclareAsync(Parcels, ExchangeType.Direct, durable: true, autoDelete: false, cancellationToken: cancellationToken).ConfigureAwait(false);
            await set(channel).ConfigureAwait(false);
        }, cancellationToken);

    private static Task<QueueDeclareOk> DeclareAsync(IChannel channel, string queue, Dictionary<string, object?> arguments, CancellationToken cancellationToken) =>
        channel.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false, arguments, cancellationToken: cancellationToken);
}
