using System.Diagnostics;

namespace Skald.TestServers;

/// <summary>A PostgreSQL of our own, on a free port and in a temporary folder; fsync is on. It never meets one that the machine runs.</summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("skald-postgres-").FullName;
    private readonly EventHandler _processExit;
    private readonly int _maxConnections;
    private readonly Certificates? _certificates;
    private int _databases;
    private bool _runs;

    private PostgresServer(int maxConnections, Certificates? certificates)
    {
        (_maxConnections, _certificates) = (maxConnections, certificates);
        _processExit = (_, _) => Cleanup();
    }

    /// <summary>Why no private PostgreSQL can be started; null when it can.</summary>
    public static string? Requirement =>
        !OperatingSystem.IsLinux() ? "a private PostgreSQL needs Linux"
        : Bin is null ? "PostgreSQL is not installed: run test/install-servers.sh as root"
        : null;

    /// <summary>The port it listens on, on 127.0.0.1.</summary>
    public int Port { get; } = FreePorts.Take(1)[0];

    private static string? Bin => Directory.Exists("/usr/lib/postgresql")
        ? Directory.GetDirectories("/usr/lib/postgresql").Select(d => Path.Combine(d, "bin")).Where(d => File.Exists(Path.Combine(d, "initdb"))).Order().LastOrDefault()
        : null;

    private string Data => Path.Combine(_folder, "data");

    // The server refuses to run as root.
    private static string Prefix => Environment.UserName == "root" ? "exec setpriv --reuid=postgres --regid=postgres --clear-groups " : "exec ";

    /// <summary>Starts a server with the superuser <c>postgres</c> (trusted) and the user <c>skald</c> (password <c>s3cret</c>).</summary>
    /// <param name="maxConnections">How many connections it takes, three of them for superusers only; many, because tests share a server.</param>
    /// <param name="certificates">If given, it takes no connection over the network without TLS.</param>
    public static async Task<PostgresServer> StartAsync(int maxConnections = 500, Certificates? certificates = null)
    {
        var server = new PostgresServer(maxConnections, certificates);
        AppDomain.CurrentDomain.ProcessExit += server._processExit;
        try
        {
            await server.CreateAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a standby of a server, which from then on confirms no commit that this one does not have.</summary>
    public static async Task<PostgresServer> StartStandbyAsync(PostgresServer primary)
    {
        var server = new PostgresServer(primary._maxConnections, null);
        AppDomain.CurrentDomain.ProcessExit += server._processExit;
        await server.OwnFolderAsync();
        await server.FollowAsync(primary);
        return server;
    }

    /// <summary>Gives up what it has, and becomes a standby of another.</summary>
    public async Task FollowAsync(PostgresServer primary)
    {
        await RunAsync($"rm -rf '{Data}'");
        await RunAsync($"{Bin}/pg_basebackup -h 127.0.0.1 -p {primary.Port} -U postgres -D '{Data}' -R -X stream -c fast");
        await RestartAsync();
        await primary.QueryAsync("postgres", "ALTER SYSTEM SET synchronous_standby_names = '*'");
        await primary.QueryAsync("postgres", "SELECT pg_reload_conf()");
        while (await primary.QueryAsync("postgres", "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") == "0")
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }

    /// <summary>A standby becomes the primary, and waits for no other; returns when it takes what is written.</summary>
    public async Task PromoteAsync()
    {
        await File.AppendAllTextAsync(Path.Combine(Data, "postgresql.auto.conf"), "synchronous_standby_names = ''\n");
        await RunAsync($"{Bin}/pg_ctl -D '{Data}' -w promote");
        await QueryAsync("postgres", "SELECT pg_reload_conf()");
    }

    /// <summary>A connection string for a database of the server; as the user with a password if one is given.</summary>
    public string ConnectionString(string database = "postgres", string? password = null, string user = "skald", int? port = null) =>
        $"Host=127.0.0.1;Port={port ?? Port};Database={database};" + (password is null ? "Username=postgres" : $"Username={user};Password={password}");

    /// <summary>Creates an empty database and gives its connection string.</summary>
    public async Task<string> NewDatabaseAsync(string? password = null)
    {
        var name = $"test{Interlocked.Increment(ref _databases)}";
        await RunAsync($"{Bin}/createdb -h 127.0.0.1 -p {Port} -U postgres -O skald {name}");
        return ConnectionString(name, password);
    }

    /// <summary>Runs one statement with psql, as the superuser.</summary>
    public Task<string> QueryAsync(string database, string sql) =>
        RunAsync($"{Bin}/psql -h 127.0.0.1 -p {Port} -U postgres -d {database} -qAt -c \"{sql}\"");

    /// <summary>Stops it as a power cut would: nothing is finished.</summary>
    public async Task KillAsync()
    {
        await RunAsync($"{Bin}/pg_ctl -D '{Data}' -m immediate -w stop");
        _runs = false;
    }

    /// <summary>Stops it in its own way: what is open is rolled back.</summary>
    public async Task StopAsync()
    {
        await RunAsync($"{Bin}/pg_ctl -D '{Data}' -m fast -w stop");
        _runs = false;
    }

    /// <summary>Starts it on the data it has; returns when it accepts connections.</summary>
    public async Task RestartAsync()
    {
        await RunAsync(
            $"{Bin}/pg_ctl -D '{Data}' -l '{_folder}/server.log' -w -t 300 start -o '-p {Port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={_folder} -c max_connections={_maxConnections} -c fsync=on -c synchronous_commit=on'");
        _runs = true;
    }

    /// <summary>It stands still with all its connections open, as a machine does whose disk does not answer.</summary>
    public Task FreezeAsync() => SignalAsync("STOP");

    /// <summary>It goes on from where it was frozen.</summary>
    public Task ThawAsync() => SignalAsync("CONT");

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        AppDomain.CurrentDomain.ProcessExit -= _processExit;
        Cleanup();
        return ValueTask.CompletedTask;
    }

    private async Task CreateAsync()
    {
        await OwnFolderAsync();
        await RunAsync($"{Bin}/initdb -D '{Data}' -U postgres -A trust -E UTF8 --locale=C --no-sync");
        var connection = _certificates is null ? "host" : "hostssl";
        await File.WriteAllTextAsync(Path.Combine(Data, "pg_hba.conf"), $"{connection} all skald 127.0.0.1/32 scram-sha-256\n{connection} all all 127.0.0.1/32 trust\n{connection} replication postgres 127.0.0.1/32 trust\n");
        if (_certificates is not null)
        {
            // The key has to be the server's own.
            await RunAsync($"sh -c \"umask 077; cp '{_certificates.Server}' '{Data}/server.crt' && cp '{_certificates.Key}' '{Data}/server.key' && echo ssl=on >> '{Data}/postgresql.conf'\"");
        }

        await RestartAsync();
        await QueryAsync("postgres", "CREATE USER skald PASSWORD 's3cret'");
    }

    private async Task OwnFolderAsync()
    {
        if (Environment.UserName == "root")
        {
            using var chown = Process.Start("chown", ["postgres", _folder]);
            await chown.WaitForExitAsync();
        }
    }

    private async Task<string> RunAsync(string command)
    {
        // The server inherits its starter's output; a file instead of a pipe lets the starter's end be seen.
        var output = Path.Combine(_folder, $"out-{Guid.CreateVersion7():n}");
        using var process = Start($"{Prefix}{command} > '{output}' 2>&1 < /dev/null");
        await process.WaitForExitAsync();
        var text = await File.ReadAllTextAsync(output);
        return process.ExitCode == 0 ? text.Trim() : throw new InvalidOperationException($"{command}: {text}");
    }

    private async Task SignalAsync(string signal)
    {
        var server = (await File.ReadAllLinesAsync(Path.Combine(Data, "postmaster.pid")))[0];
        // The server first: it must not start others meanwhile. Some may end while they are signalled.
        using var kill = Process.Start("/bin/sh", ["-c", $"kill -{signal} {server} && for child in $(cat /proc/{server}/task/*/children); do kill -{signal} $child; done; true"]);
        await kill.WaitForExitAsync();
    }

    private Process Start(string command) =>
        Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"umask 000; {command}"]) { WorkingDirectory = _folder, Environment = { ["HOME"] = _folder } })
        ?? throw new InvalidOperationException("/bin/sh cannot be started.");

    private void Cleanup()
    {
        if (_runs)
        {
            _runs = false;
            SignalAsync("CONT").Wait();
            using var stop = Start($"{Prefix}{Bin}/pg_ctl -D '{Data}' -m immediate -w stop > /dev/null 2>&1");
            stop.WaitForExit();
        }

        try
        {
            Directory.Delete(_folder, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A process of the server is still closing its files.
        }
    }
}
