using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using Skald.Messaging;

namespace Skald.RabbitMq;

/// <summary>What is wrong with an address or a broker, in one line and without the password.</summary>
internal static class SetupFailures
{
    /// <summary>The server as a document may name it; null when the address cannot be read, which shows at start-up.</summary>
    public static TransportServer? Server(string uri)
    {
        if (Read(AddressScheme.WithFirstHost(uri).Address) is not { } address)
        {
            return null;
        }

        // Host, port and path only: user, password and parameters are nobody's business.
        var host = address.IsDefaultPort || address.Port < 0 ? address.Host : $"{address.Host}:{address.Port}";
        return new TransportServer(address.Scheme, host, address.AbsolutePath.Length > 1 ? address.AbsolutePath : null, "0.9.1");
    }

    public static string Line(BrokerAddress broker, Exception exception)
    {
        var factory = broker.Factory;
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

    /// <summary>Null when it is no address. An @ in the path is the end of a password with a slash; that of a virtual host is written %40. So it is with # and ?.</summary>
    public static Uri? Read(string uri) =>
        Uri.TryCreate(uri, UriKind.Absolute, out var address) && address is { Scheme: "amqp" or "amqps", Host.Length: > 0 } && !address.AbsolutePath.Contains('@', StringComparison.Ordinal)
            && address.Fragment.Length == 0 && (address.UserInfo.Length > 0 || !address.Query.Contains('@', StringComparison.Ordinal))
            ? address
            : null;

    public static TransportSetupException NoAddress(string uri) =>
        new($"'{WithoutPassword(uri)}' is not the address of a RabbitMQ. Use amqp://user:password@host:5672/vhost, with %2F for a slash and %40 for an @ in a part, and further nodes of a cluster after commas.");

    private static string WithoutPassword(string uri)
    {
        var at = uri.LastIndexOf('@');
        var start = uri.IndexOf("//", StringComparison.Ordinal) + 2;
        return at < start || start < 2 ? uri : string.Concat(uri.AsSpan(0, start), "***", uri.AsSpan(at));
    }
}
