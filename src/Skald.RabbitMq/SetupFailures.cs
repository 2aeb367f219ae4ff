using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using Skald.Messaging;

namespace Skald.RabbitMq;

/// <summary>What is wrong with an address or a broker, in one line and without the password.</summary>
internal static class SetupFailures
{
    private const uint LargestThatBrokersTake = 512 << 20;

    public static ConnectionFactory Factory(string uri, string purpose, RabbitMqOptions options)
    {
        if (!Uri.TryCreate(uri, UriKind.Absolute, out var address) || address is not { Scheme: "amqp" or "amqps", Host.Length: > 0 })
        {
            throw new TransportSetupException($"'{WithoutPassword(uri)}' is not the address of a RabbitMQ. Use amqp://user:password@host:5672/vhost.");
        }

        try
        {
            return new ConnectionFactory
            {
                Uri = address,
                ClientProvidedName = $"skald {purpose}, process {Environment.ProcessId} on {Environment.MachineName}",
                // Reconnecting is ours: a consumer's deliveries and a publisher's confirms do not survive it.
                AutomaticRecoveryEnabled = false,
                TopologyRecoveryEnabled = false,
                RequestedHeartbeat = options.Heartbeat,
                RequestedConnectionTimeout = TimeSpan.FromSeconds(5),
                ContinuationTimeout = options.ConfirmTimeout,
                // What is too large is refused as a message; the client would close the connection for it, again and again.
                MaxInboundMessageBodySize = LargestThatBrokersTake,
            };
        }
        catch (Exception exception) when (exception is ArgumentException or UriFormatException)
        {
            throw new TransportSetupException($"'{WithoutPassword(uri)}' is not the address of a RabbitMQ: {exception.Message}", exception);
        }
    }

    /// <summary>The server as a document may name it; null when the address cannot be read, which shows at start-up.</summary>
    public static TransportServer? Server(string uri)
    {
        if (!Uri.TryCreate(uri, UriKind.Absolute, out var address) || address is not { Scheme: "amqp" or "amqps", Host.Length: > 0 })
        {
            return null;
        }

        // Host, port and path only: user, password and parameters are nobody's business.
        var host = address.IsDefaultPort || address.Port < 0 ? address.Host : $"{address.Host}:{address.Port}";
        return new TransportServer(address.Scheme, host, address.AbsolutePath.Length > 1 ? address.AbsolutePath : null, "0.9.1");
    }

    public static string Line(ConnectionFactory factory, Exception exception)
    {
        var broker = $"RabbitMQ at {factory.HostName}:{factory.Endpoint.Port}";
        var cause = exception is BrokerUnreachableException { InnerException: { } inner } ? inner : exception;
        for (var e = cause; e is not null; e = e.InnerException)
        {
            switch (e)
            {
                case AuthenticationFailureException or PossibleAuthenticationFailureException:
                    return $"{broker} refused user '{factory.UserName}': the user is unknown or the password wrong.";
                case OperationInterruptedException { ShutdownReason.ReplyCode: 530 }:
                    return $"{broker} has no virtual host '{factory.VirtualHost}' for user '{factory.UserName}'. Create it, or correct the end of the address.";
                case OperationInterruptedException { ShutdownReason: { } reason }:
                    return $"{broker} refused: {OneLine(reason.ReplyText)}";
            }
        }

        var root = cause.GetBaseException();
        return $"{broker} cannot be reached: {OneLine(root.Message)}";
    }

    public static string OneLine(string text) => text.ReplaceLineEndings(" ");

    private static string WithoutPassword(string uri)
    {
        var at = uri.LastIndexOf('@');
        var start = uri.IndexOf("//", StringComparison.Ordinal) + 2;
        return at < start || start < 2 ? uri : string.Concat(uri.AsSpan(0, start), "***", uri.AsSpan(at));
    }
}
