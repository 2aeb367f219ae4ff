using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Skald.TestServers;

/// <summary>A RabbitMQ node of our own, on free ports and in a temporary folder; it never meets one that the machine runs.</summary>
public sealed class RabbitServer : IAsyncDisposable
{
    private const string User = "skald";
    private const string Password = "s3cret";
    // A node that ends is noticed at once; one that is slow has the whole machine against it: eighty virtual hosts take 7 s of processor time.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly string _folder = Directory.CreateTempSubdirectory("skald-rabbit-").FullName;
    private readonly int _distributionPort;
    private readonly int _epmdPort;
    private IReadOnlyList<string> _cluster = [];
    private readonly int _vhosts;
    private readonly Certificates? _certificates;
    private readonly EventHandler _processExit;
    private Process? _node;
    private int _vhostsTaken;

    private RabbitServer(int vhosts, Certificates? certificates, int? epmdPort = null)
    {
        (_vhosts, _certificates) = (vhosts, certificates);
        (Port, _distributionPort, _epmdPort) = FreePorts.Take(3) is [var a, var b, var c] ? (a, b, epmdPort ?? c) : default;
        _processExit = (_, _) => Cleanup();
    }

    /// <summary>The port it listens on, on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>Starts a node that has some virtual hosts, empty ones.</summary>
    /// <param name="vhosts">How many.</param>
    /// <param name="certificates">If given, it takes no connection without TLS.</param>
    public static async Task<RabbitServer> StartAsync(int vhosts = 1, Certificates? certificates = null)
    {
        var server = new RabbitServer(vhosts, certificates);
        AppDomain.CurrentDomain.ProcessExit += server._processExit;
        try
        {
            server.WriteConfiguration();
            await server.RestartAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a cluster that pauses whichever part of it is no majority.</summary>
    public static async Task<IReadOnlyList<RabbitServer>> StartClusterAsync(int nodes)
    {
        var epmdPort = FreePorts.Take(1)[0];
        var cluster = Enumerable.Range(0, nodes).Select(_ => new RabbitServer(1, null, epmdPort)).ToList();
        try
        {
            foreach (var node in cluster)
            {
                AppDomain.CurrentDomain.ProcessExit += node._processExit;
                node._cluster = [.. cluster.Select(n => n.Name)];
                node.WriteConfiguration();
                // One after the other: the first is the one that others join.
                await node.RestartAsync();
            }

            return cluster;
        }
        catch
        {
            foreach (var node in cluster)
            {
                await node.DisposeAsync();
            }

            throw;
        }
    }

    /// <summary>Its name among the nodes of its cluster.</summary>
    public string Name => $"skald{Port}@localhost";

    /// <summary>From now on it can reach none of its cluster, nor they it; clients still reach it.</summary>
    public Task CutOffAsync() => ControlAsync($"eval '[begin erlang:set_cookie(N, none), erlang:disconnect_node(N) end || N <- [{Others}]].'");

    /// <summary>They reach each other again.</summary>
    public Task RejoinAsync() => ControlAsync($"eval '[erlang:set_cookie(N, erlang:get_cookie()) || N <- [{Others}]].'");

    private string Others => string.Join(", ", _cluster.Where(name => name != Name).Select(name => $"'\''{name}'\''"));

    /// <summary>The address of a virtual host that no other caller has got.</summary>
    public string NewUri()
    {
        var number = Interlocked.Increment(ref _vhostsTaken);
        return number <= _vhosts ? Uri($"v{number}") : throw new InvalidOperationException($"This node was started with {_vhosts} virtual hosts.");
    }

    /// <summary>The address of a virtual host, perhaps through a proxy's port.</summary>
    public string Uri(string vhost, int? port = null, string password = Password) => $"{(_certificates is null ? "amqp" : "amqps")}://{User}:{password}@127.0.0.1:{port ?? Port}/{vhost}";

    /// <summary>Starts the node on the data it has; returns when it takes connections.</summary>
    public async Task RestartAsync()
    {
        // With this setting the script becomes the node itself, instead of watching over it: our child is the one to kill.
        _node = Run($"exec {Requirements.RabbitBin}/rabbitmq-server </dev/null >> '{_folder}/node.out' 2>&1");
        var watch = Stopwatch.StartNew();
        while (!await TakesConnectionsAsync())
        {
            if (_node.HasExited || watch.Elapsed > Patience)
            {
                throw new InvalidOperationException($"RabbitMQ does not start: {Tail()}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }

    /// <summary>Kills the node as a power cut would.</summary>
    public async Task KillAsync()
    {
        if (_node is { HasExited: false } node)
        {
            node.Kill();
            await node.WaitForExitAsync();
        }
    }

    /// <summary>Stops the node in its own way.</summary>
    public async Task StopAsync()
    {
        if (_node is { HasExited: false } node)
        {
            using var kill = Process.Start("kill", ["-TERM", node.Id.ToString()]);
            await node.WaitForExitAsync();
        }
    }

    /// <summary>It stands still with all its connections open.</summary>
    public Task FreezeAsync() => SignalAsync("STOP");

    /// <summary>It goes on from where it was frozen.</summary>
    public Task ThawAsync() => SignalAsync("CONT");

    private async Task SignalAsync(string signal)
    {
        // Started before it can be frozen.
        using var kill = Process.Start("kill", [$"-{signal}", _node!.Id.ToString()]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Runs <c>rabbitmqctl</c>; it takes a second or two.</summary>
    public async Task<string> ControlAsync(string arguments)
    {
        using var control = Run($"exec {Requirements.RabbitBin}/rabbitmqctl -q {arguments} 2>&1", read: true);
        var output = await control.StandardOutput.ReadToEndAsync();
        await control.WaitForExitAsync();
        return control.ExitCode == 0 ? output : throw new InvalidOperationException($"rabbitmqctl {arguments}: {output}");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        AppDomain.CurrentDomain.ProcessExit -= _processExit;
        Cleanup();
        _node?.Dispose();
    }

    private void Cleanup()
    {
        if (_node is { HasExited: false } node)
        {
            node.Kill();
            node.WaitForExit();
        }

        using (var epmd = Run($"epmd -port {_epmdPort} -kill >/dev/null 2>&1"))
        {
            epmd.WaitForExit();
        }

        try
        {
            Directory.Delete(_folder, recursive: true);
        }
        catch (IOException)
        {
            // A helper process of the node is still closing its files.
        }
    }

    private void WriteConfiguration()
    {
        File.WriteAllText(Path.Combine(_folder, ".erlang.cookie"), "SKALDTESTS");
        File.SetUnixFileMode(Path.Combine(_folder, ".erlang.cookie"), UnixFileMode.UserRead);
        File.WriteAllText(Path.Combine(_folder, "enabled_plugins"), "[].");
        File.WriteAllText(Path.Combine(_folder, "rabbitmq.conf"), $"""
            vm_memory_high_watermark.absolute = 1GB
            disk_free_limit.absolute = 50MB
            log.console = false
            load_definitions = {_folder}/definitions.json

            """ + Clustering() + (_certificates is null ? "" : $"""
            listeners.tcp = none
            listeners.ssl.default = 127.0.0.1:{Port}
            ssl_options.cacertfile = {_certificates.Authority}
            ssl_options.certfile = {_certificates.Server}
            ssl_options.keyfile = {_certificates.Key}
            ssl_options.verify = verify_none
            ssl_options.versions.1 = tlsv1.2

            """));
        var vhosts = Enumerable.Range(1, _vhosts).Select(n => $"v{n}").ToList();
        File.WriteAllText(Path.Combine(_folder, "definitions.json"), JsonSerializer.Serialize(new
        {
            users = new[] { new { name = User, password_hash = Hash(), hashing_algorithm = "rabbit_password_hashing_sha256", tags = "" } },
            vhosts = vhosts.Select(name => new { name }),
            permissions = vhosts.Select(vhost => new { user = User, vhost, configure = ".*", write = ".*", read = ".*" }),
        }));
    }

    private string Clustering() => _cluster.Count == 0 ? "" : $"""
        cluster_partition_handling = pause_minority
        cluster_formation.peer_discovery_backend = classic_config
        {string.Join('\n', _cluster.Select((name, i) => $"cluster_formation.classic_config.nodes.{i + 1} = {name}"))}

        """;

    private static string Hash()
    {
        byte[] salt = [1, 2, 3, 4];
        return Convert.ToBase64String([.. salt, .. SHA256.HashData([.. salt, .. Encoding.UTF8.GetBytes(Password)])]);
    }

    private Process Run(string command, bool read = false)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", command]) { WorkingDirectory = _folder, RedirectStandardOutput = read };
        var environment = start.Environment;
        environment["HOME"] = _folder;
        environment["ERL_EPMD_PORT"] = _epmdPort.ToString();
        environment["ERL_EPMD_ADDRESS"] = "127.0.0.1";
        environment["RABBITMQ_NODENAME"] = Name;
        environment["RABBITMQ_NODE_IP_ADDRESS"] = "127.0.0.1";
        if (_certificates is null)
        {
            environment["RABBITMQ_NODE_PORT"] = Port.ToString();
        }

        environment["RABBITMQ_DIST_PORT"] = _distributionPort.ToString();
        environment["RABBITMQ_MNESIA_BASE"] = _folder + "/mnesia";
        environment["RABBITMQ_LOG_BASE"] = _folder + "/log";
        environment["RABBITMQ_SCHEMA_DIR"] = _folder + "/schema";
        environment["RABBITMQ_GENERATED_CONFIG_DIR"] = _folder + "/schema";
        environment["RABBITMQ_FEATURE_FLAGS_FILE"] = _folder + "/feature_flags";
        environment["RABBITMQ_ENABLED_PLUGINS_FILE"] = _folder + "/enabled_plugins";
        environment["RABBITMQ_PID_FILE"] = _folder + "/pid";
        environment["RABBITMQ_CONFIG_FILE"] = _folder + "/rabbitmq";
        environment["RABBITMQ_CONF_ENV_FILE"] = "/dev/null";
        environment["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] = "-noinput -kernel inet_dist_use_interface {127,0,0,1}";
        environment["RABBITMQ_ALLOW_INPUT"] = "true";
        return Process.Start(start) ?? throw new InvalidOperationException("/bin/sh cannot be started.");
    }

    /// <summary>The node listens only when it has recovered its queues; then it answers an AMQP greeting.</summary>
    private async Task<bool> TakesConnectionsAsync()
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, Port);
            await using var stream = await OpenAsync(client);
            await stream.WriteAsync("AMQP\0\0\u0009\u0001"u8.ToArray());
            var answer = new byte[1];
            return await stream.ReadAsync(answer) == 1 && answer[0] == 1;
        }
        catch (Exception exception) when (exception is SocketException or IOException or AuthenticationException)
        {
            return false;
        }
    }

    private async Task<Stream> OpenAsync(TcpClient client)
    {
        if (_certificates is null)
        {
            return client.GetStream();
        }

        var stream = new SslStream(client.GetStream(), leaveInnerStreamOpen: false, (_, certificate, _, _) => certificate?.GetCertHashString() == _certificates.Thumbprint);
        await stream.AuthenticateAsClientAsync("127.0.0.1");
        return stream;
    }

    private string Tail() => File.Exists(_folder + "/node.out") ? string.Join(' ', File.ReadLines(_folder + "/node.out").TakeLast(20)) : "";
}
