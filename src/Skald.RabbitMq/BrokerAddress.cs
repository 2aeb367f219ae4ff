using RabbitMQ.Client;
using Skald.Messaging;

namespace Skald.RabbitMq;

/// <summary>Where a broker is: one node, or several of a cluster, of which any will do.</summary>
internal sealed class BrokerAddress
{
    private const uint LargestThatBrokersTake = 512 << 20;

    private static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(5);

    private readonly List<AmqpTcpEndpoint> _nodes;
    private int _next = Environment.ProcessId;

    /// <param name="uri"><c>amqp://user:password@host:port/vhost</c>; further nodes follow the first host's port after commas.</param>
    /// <param name="purpose">What the connection is for, as the broker's lists show it.</param>
    /// <param name="options">How to connect.</param>
    /// <exception cref="TransportSetupException">It cannot be read.</exception>
    public BrokerAddress(string uri, string purpose, RabbitMqOptions options)
    {
        var (first, hosts) = AddressScheme.WithFirstHost(uri);
        if (SetupFailures.Read(first) is not { } address)
        {
            throw SetupFailures.NoAddress(uri);
        }

        try
        {
            Factory = new ConnectionFactory
            {
                Uri = address,
                ClientProvidedName = $"skald {purpose}, process {Environment.ProcessId} on {Environment.MachineName}",
                // Reconnecting is ours: a consumer's deliveries and a publisher's confirms do not survive it.
                AutomaticRecoveryEnabled = false,
                TopologyRecoveryEnabled = false,
                RequestedHeartbeat = options.Heartbeat,
                RequestedConnectionTimeout = AnswersWithin,
                HandshakeContinuationTimeout = AnswersWithin,
                ContinuationTimeout = options.ConfirmTimeout,
                // What is too large is refused as a message; the client would close the connection for it, again and again.
                MaxInboundMessageBodySize = LargestThatBrokersTake,
            };
            _nodes = hosts.Count == 1 ? [Factory.Endpoint] : [.. hosts.Select(host => Node(new Uri($"{address.Scheme}://{host}")))];
        }
        catch (Exception exception) when (exception is ArgumentException or UriFormatException)
        {
            // Without the inner exception: it quotes what it takes for the path, and that may be a password.
            throw SetupFailures.NoAddress(uri);
        }
    }

    public ConnectionFactory Factory { get; }

    /// <summary>Connects to one of them: to the next that lets this client in.</summary>
    public async Task<IConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        for (var left = _nodes.Count; ; left--)
        {
            var node = _nodes[(int)((uint)Interlocked.Increment(ref _next) % _nodes.Count)];
            try
            {
                // One by one: of several the client tries the greeting with one only.
                return await Factory.CreateConnectionAsync([node], cancellationToken).ConfigureAwait(false);
            }
            catch (Exception) when (left > 1 && !cancellationToken.IsCancellationRequested)
            {
                // Another may be there.
            }
        }
    }

    /// <summary>For people; without user and password.</summary>
    public override string ToString() => $"RabbitMQ at {string.Join(',', _nodes.Select(node => $"{node.HostName}:{node.Port}"))}";

    // Without a port, which is -1 then, the scheme's.
    private AmqpTcpEndpoint Node(Uri at)
    {
        var ssl = Factory.Ssl;
        return new AmqpTcpEndpoint(
            at.Host, at.Port,
            new SslOption(at.Host, ssl.CertPath, ssl.Enabled) { AcceptablePolicyErrors = ssl.AcceptablePolicyErrors, Version = ssl.Version }, LargestThatBrokersTake);
    }
}
