using System.Globalization;
using Npgsql;
using Skald.Messaging;
using Skald.Storage;

namespace Skald.PostgreSql;

/// <summary>Where a database is: from a connection string, or from a <c>postgres://user:password@host:port/database</c> address.</summary>
internal sealed class PostgresAddress
{
    private const int DefaultPort = 5432;

    private static readonly TimeSpan OneOfSeveralAnswersWithin = TimeSpan.FromSeconds(3);

    // Long enough for a slow network, short enough that a dead server is noticed while a connection only listens.
    private const int KeepAliveSeconds = 5;

    /// <summary>How often a connection that only listens says something.</summary>
    public static readonly TimeSpan PingEvery = TimeSpan.FromSeconds(KeepAliveSeconds);

    /// <summary>For so long it may be silent, although its process lives.</summary>
    public static readonly TimeSpan LongestSilence = 3 * PingEvery;

    private readonly NpgsqlConnectionStringBuilder _builder;
    private readonly PostgreSqlOptions _options;
    private readonly string? _namedDatabase;

    public PostgresAddress(string text, PostgreSqlOptions options)
    {
        _options = options;
        try
        {
            _builder = text.StartsWith("postgres://", StringComparison.OrdinalIgnoreCase) || text.StartsWith("postgresql://", StringComparison.OrdinalIgnoreCase)
                ? FromUri(text)
                : new NpgsqlConnectionStringBuilder(text);
            if (HasSeveralHosts)
            {
                MeanThePrimary();
            }
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or KeyNotFoundException)
        {
            // The last for a name that the client does not know, without a value.
            // Without the inner exception: it may quote the text, and with it the password.
            throw new StoreSetupException(
                "The PostgreSQL connection string cannot be read. Write 'Host=localhost;Database=app;Username=app;Password=...' or 'postgres://app:...@localhost:5432/app'.");
        }

        if (string.IsNullOrEmpty(_builder.Host))
        {
            throw new StoreSetupException("The PostgreSQL connection string names no host. Add 'Host=...'.");
        }

        _namedDatabase = _builder.Database;
        _builder.Database ??= _builder.Username;
        _builder.ApplicationName ??= "skald";
    }

    public string User => _builder.Username ?? Environment.UserName;

    /// <summary>Its host and port, or those of each of several servers of which one is the primary.</summary>
    public string HostAndPort => HasSeveralHosts ? Host : $"{Host}:{_builder.Port}";

    public string Database => _builder.Database ?? User;

    /// <summary>One of them is the primary, whichever that is at the time.</summary>
    private void MeanThePrimary()
    {
        _builder.Host = string.Join(',', Host.Split(',').Select(host => WithPort(host.Trim())));
        _builder.TargetSessionAttributes ??= "read-write";
        _builder.HostRecheckSeconds = _builder.ShouldSerialize("Host Recheck Seconds") ? _builder.HostRecheckSeconds : 1;
    }

    private string WithPort(string host)
    {
        var colon = host.LastIndexOf(':');
        if (host is not ['[', ..] && host.IndexOf(':', StringComparison.Ordinal) < colon)
        {
            // An IPv6 address, bare: its last colon begins no port.
            return $"[{host}]:{_builder.Port}";
        }

        var hasPort = colon > host.LastIndexOf(']');
        var isRight = host.Length > 0 && (!hasPort || (colon > 0 && ushort.TryParse(host.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0));
        return !isRight ? throw new FormatException() : hasPort || host[0] == '/' ? host : $"{host}:{_builder.Port}";
    }

    /// <summary>For people; without the password.</summary>
    public override string ToString() => $"{HostAndPort}/{Database}";

    /// <summary>For documents. A database that is named after the user, for want of another name, is not shown.</summary>
    public TransportServer Server => new("postgresql", _builder.Port == DefaultPort ? Host : HostAndPort, string.IsNullOrEmpty(_namedDatabase) ? null : $"/{_namedDatabase}");

    public bool IsSameDatabaseAs(PostgresAddress other) =>
        string.Equals(HostAndPort, other.HostAndPort, StringComparison.OrdinalIgnoreCase) && Database == other.Database;

    /// <summary>How many connections a process may have.</summary>
    public int MaxConnections => _options.MaxConnections;

    /// <summary>How long to wait for one that others use.</summary>
    public TimeSpan Patience => HasSeveralHosts && _options.ConnectTimeout > OneOfSeveralAnswersWithin ? OneOfSeveralAnswersWithin : _options.ConnectTimeout;

    /// <summary>How long a server that is there takes at most until somebody is connected; one of several hosts may be gone.</summary>
    public TimeSpan ConnectsWithin => HasSeveralHosts ? (Host.Split(',').Length + 1) * Patience
        : _options.ConnectTimeout > TimeSpan.FromSeconds(2) ? _options.ConnectTimeout / 2 : TimeSpan.FromSeconds(1);

    /// <summary>How long to wait for a server that is silent.</summary>
    public TimeSpan WaitsForServer => ConnectsWithin > _options.ConnectTimeout ? ConnectsWithin : _options.ConnectTimeout;

    /// <summary>How long to wait for the answer of one that is there.</summary>
    public TimeSpan AnswersWithin => _options.StatementTimeout;

    /// <summary>How long a process may stand still and still count as alive.</summary>
    public TimeSpan Lease => _options.Lease;

    /// <summary>Those for whom it is equal share their connections: one server, database, user, and one set of timeouts.</summary>
    public Sharing SharedBy => new(Settings.ConnectionString, _options.MaxConnections, _options.Lease);

    private string Host => _builder.Host ?? "";

    private bool HasSeveralHosts => Host.Contains(',', StringComparison.Ordinal);

    // Whoever has stopped answering inside a transaction holds up everybody else; what it then commits is refused.
    private string EndsIdleTransactions => $"-c idle_in_transaction_session_timeout={(long)_options.Lease.TotalMilliseconds}";

    /// <summary>
    /// For the engine's own statements, all of which go through an index. Their plans are kept, so they must not be made for
    /// tables that happen to be empty at the time: <c>enable_seqscan</c> only makes reading a whole table the last resort.
    /// </summary>
    public NpgsqlConnectionStringBuilder ForUnits()
    {
        var builder = ForTransactions($"-c enable_seqscan=off -c jit=off -c plan_cache_mode=force_generic_plan {EndsIdleTransactions}");
        builder.MaxAutoPrepare = 100;
        return builder;
    }

    /// <summary>For the engine's own statements that stand by themselves.</summary>
    public NpgsqlConnectionStringBuilder ForStatements(int most)
    {
        var builder = ForUnits();
        builder.MaxPoolSize = most;
        builder.MinPoolSize = 0;
        // Whoever asks sees to it.
        builder.CommandTimeout = 0;
        return builder;
    }

    /// <summary>For reading, by people's code as well.</summary>
    public NpgsqlConnectionStringBuilder ForReading(int most)
    {
        var builder = Settings;
        builder.MaxPoolSize = most;
        builder.MinPoolSize = 0;
        // What is prepared for one service's tables does not fit another's of the same names.
        builder.MaxAutoPrepare = 0;
        // Making machine code takes longer than reading a page does. Whoever wants it says so in the address.
        builder.Options = $"-c jit=off {builder.Options}".Trim();
        return builder;
    }

    /// <summary>For a projection's rows.</summary>
    public NpgsqlConnectionStringBuilder ForProjecting()
    {
        var builder = ForTransactions(EndsIdleTransactions);
        builder.MaxAutoPrepare = 50;
        // A projection's code may leave anything in a session that it has for a page only.
        builder.NoResetOnClose = false;
        return builder;
    }

    /// <summary>For one connection that is held for long.</summary>
    public string Alone
    {
        get
        {
            var builder = Settings;
            builder.Pooling = false;
            return builder.ConnectionString;
        }
    }

    private NpgsqlConnectionStringBuilder ForTransactions(string options)
    {
        var builder = Settings;
        builder.Options = $"{builder.Options} {options}".Trim();
        builder.AutoPrepareMinUsages = 2;
        // Nothing is left behind on a connection: transactions end, and what a session searches stays.
        builder.NoResetOnClose = true;
        return builder;
    }

    private NpgsqlConnectionStringBuilder Settings => new(_builder.ConnectionString)
    {
        // Whoever wants a schema's tables says so.
        SearchPath = "pg_catalog",
        CommandTimeout = Seconds(_options.StatementTimeout),
        // Each of several gets it all, and one whose machine is gone says nothing.
        Timeout = Seconds(Patience),
        // The machines see to it: Npgsql's own asks the server on a thread of the pool, and waits for it.
        KeepAlive = 0,
        TcpKeepAlive = true,
        TcpKeepAliveTime = KeepAliveSeconds,
        TcpKeepAliveInterval = 1,
        Enlist = false,
    };

    private static int Seconds(TimeSpan time) => Math.Max(1, (int)Math.Ceiling(time.TotalSeconds));

    private static NpgsqlConnectionStringBuilder FromUri(string text)
    {
        var (first, hosts) = AddressScheme.WithFirstHost(text);
        var uri = new Uri(first);
        if (uri.AbsolutePath.Contains('@', StringComparison.Ordinal) || uri.Fragment.Length > 0 || (uri.UserInfo.Length == 0 && uri.Query.Contains('@', StringComparison.Ordinal)))
        {
            throw new FormatException("The @ ends a password with a slash, # or ?, of which a part would be taken for another name and shown.");
        }

        var builder = new NpgsqlConnectionStringBuilder { Host = hosts.Count > 1 ? string.Join(',', hosts) : uri.Host, Port = uri.IsDefaultPort || uri.Port < 0 || hosts.Count > 1 ? DefaultPort : uri.Port };
        var user = uri.UserInfo.Split(':', 2);
        if (user[0].Length > 0)
        {
            builder.Username = Uri.UnescapeDataString(user[0]);
        }

        if (user.Length == 2)
        {
            builder.Password = Uri.UnescapeDataString(user[1]);
        }

        if (uri.AbsolutePath.Length > 1)
        {
            builder.Database = Uri.UnescapeDataString(uri.AbsolutePath[1..]);
        }

        foreach (var pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = pair.Split('=', 2);
            var (name, value) = (Uri.UnescapeDataString(parts[0]), parts.Length == 2 ? Uri.UnescapeDataString(parts[1]) : "");
            // libpq's names for what this client calls otherwise; its "verify-full" is "VerifyFull" here.
            builder[LibpqNames.GetValueOrDefault(name, name)] = name == "sslmode" ? value.Replace("-", "", StringComparison.Ordinal) : value;
        }

        return builder;
    }

    private static readonly Dictionary<string, string> LibpqNames = new()
    {
        ["sslmode"] = "SSL Mode", ["sslrootcert"] = "Root Certificate", ["sslcert"] = "SSL Certificate", ["sslkey"] = "SSL Key",
        ["target_session_attrs"] = "Target Session Attributes",
    };

    /// <param name="Connection">Of everything that a connection is opened with, the password included: it is never shown.</param>
    /// <param name="MaxConnections">How many there may be.</param>
    /// <param name="Lease">How long a transaction may stand still.</param>
    internal sealed record Sharing(string Connection, int MaxConnections, TimeSpan Lease)
    {
        public override string ToString() => "";
    }
}
