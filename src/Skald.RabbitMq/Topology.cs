using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using Skald.Messaging;

namespace Skald.RabbitMq;

/// <summary>The queues that have to exist. Declaring them again is harmless.</summary>
internal static class Topology
{
    public const string DeadLettersEnding = ".dead";

    /// <summary>Where the broker puts what was delivered too often.</summary>
    public static string DeadLetters(string queue) => queue + DeadLettersEnding;

    /// <exception cref="TransportSetupException">The queue exists with other arguments, or may not be created.</exception>
    public static async Task DeclareAsync(IConnection connection, string queue, RabbitMqOptions options, CancellationToken cancellationToken)
    {
        // On a channel of its own: the broker closes the channel when it objects.
        var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        try
        {
            var dead = DeadLetters(queue);
            await DeclareAsync(channel, dead, new() { ["x-queue-type"] = "quorum" }, cancellationToken).ConfigureAwait(false);
            await DeclareAsync(channel, queue, new()
            {
                ["x-queue-type"] = "quorum",
                ["x-delivery-limit"] = options.DeliveryLimit,
                ["x-dead-letter-exchange"] = "",
                ["x-dead-letter-routing-key"] = dead,
                // At least once, which the broker does only together with reject-publish.
                ["x-dead-letter-strategy"] = "at-least-once",
                ["x-overflow"] = "reject-publish",
            }, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationInterruptedException exception) when (exception.ShutdownReason is { ReplyCode: 406 or 405 or 403 } reason)
        {
            throw new TransportSetupException(
                $"RabbitMQ does not let queue '{queue}' be used: {SetupFailures.OneLine(reason.ReplyText)}. If it was created with other arguments, delete it once it is empty.", exception);
        }
        finally
        {
            await GivenUp.WithinAsync(TimeProvider.System, () => channel.DisposeAsync().AsTask()).ConfigureAwait(false);
        }
    }

    /// <summary>Whether the broker still, or already, has the queue.</summary>
    public static async Task<bool> ExistsAsync(IConnection connection, string queue, CancellationToken cancellationToken)
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
            await GivenUp.WithinAsync(TimeProvider.System, () => channel.DisposeAsync().AsTask()).ConfigureAwait(false);
        }
    }

    private static Task<QueueDeclareOk> DeclareAsync(IChannel channel, string queue, Dictionary<string, object?> arguments, CancellationToken cancellationToken) =>
        channel.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false, arguments, cancellationToken: cancellationToken);
}
