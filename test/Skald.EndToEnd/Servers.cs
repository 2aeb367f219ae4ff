using Npgsql;
using Skald.TestServers;

namespace Skald.EndToEnd;

/// <summary>A private PostgreSQL and a private RabbitMQ, started when first needed.</summary>
public sealed class Servers : IAsyncDisposable
{
    private readonly SemaphoreSlim _one = new(1, 1);
    private PostgresServer? _postgres;
    private PostgresServer? _other;
    private RabbitServer? _rabbit;

    internal PostgresServer Postgres => _postgres ?? throw new InvalidOperationException("Ask for a database first.");

    internal RabbitServer Rabbit => _rabbit ?? throw new InvalidOperationException("Ask for a broker address first.");

    /// <summary>A new database, as an address and as a connection string.</summary>
    internal async Task<(string Address, string Connection)> NewDatabaseAsync()
    {
        Need(PostgresServer.Requirement);
        await _one.WaitAsync();
        try
        {
            _postgres ??= await PostgresServer.StartAsync();
            var connection = await _postgres.NewDatabaseAsync();
            return ($"postgres://postgres@127.0.0.1:{_postgres.Port}/{new NpgsqlConnectionStringBuilder(connection).Database}", connection);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Another server than that of the databases.</summary>
    internal async Task<PostgresServer> OtherPostgresAsync()
    {
        Need(PostgresServer.Requirement);
        await _one.WaitAsync();
        try
        {
            return _other ??= await PostgresServer.StartAsync();
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>A new virtual host's address.</summary>
    internal async Task<string> NewBrokerAsync()
    {
        Need(Requirements.RabbitMq);
        await _one.WaitAsync();
        try
        {
            _rabbit ??= await RabbitServer.StartAsync(vhosts: 8);
            return _rabbit.NewUri();
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Store and broker settings of a pair such as <c>postgres + amqp</c>.</summary>
    internal async Task<string[]> PairAsync(string store, string broker)
    {
        var database = store == "postgres" || broker == "postgres" ? (await NewDatabaseAsync()).Address : "";
        return
        [
            "--store", store == "postgres" ? database : "sqlite",
            "--broker", broker switch { "postgres" => database, "amqp" => await NewBrokerAsync(), _ => "sqlite" },
        ];
    }

    public async ValueTask DisposeAsync()
    {
        if (_rabbit is not null)
        {
            await _rabbit.DisposeAsync();
        }

        foreach (var postgres in new[] { _postgres, _other }.OfType<PostgresServer>())
        {
            await postgres.DisposeAsync();
        }

        _one.Dispose();
    }

    /// <summary>A laptop without servers skips these tests; CI must have them.</summary>
    private static void Need(string? missing)
    {
        Assert.False(missing is not null && Requirements.MustRun, missing);
        Assert.SkipWhen(missing is not null, missing ?? "");
    }
}
