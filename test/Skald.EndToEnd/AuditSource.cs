using System.Data.Common;
using Dapper;
using Npgsql;
using Skald.Sqlite;
using Skald.TestServers;

namespace Skald.EndToEnd;

/// <summary>Where an audit reads: the services' databases, and what is left in the broker.</summary>
internal abstract class AuditSource(string data, string system)
{
    /// <summary>The data folder, which holds the card provider's books.</summary>
    public string Data => data;

    /// <summary>The system whose services are read.</summary>
    protected string System => system;

    /// <summary>What is queued anywhere.</summary>
    public abstract Task<long> MessagesAsync();

    /// <summary>An id as 32 hexadecimal digits.</summary>
    public abstract string Hex(string column);

    /// <summary>Bytes as text.</summary>
    public abstract string Text(string column);

    public async Task<List<T>> RowsAsync<T>(string service, string sql)
    {
        await using var connection = await OpenAsync(service);
        return [.. await connection.QueryAsync<T>(sql)];
    }

    protected abstract Task<DbConnection> OpenAsync(string service);
}

/// <summary>Reads the embedded files.</summary>
internal sealed class SqliteAuditSource(string data, string system = "food-orders") : AuditSource(data, system)
{
    public override async Task<long> MessagesAsync() => (await RowsAsync<long>("broker", "SELECT count(*) FROM messages")).Single();

    public override string Hex(string column) => $"lower(hex({column}))";

    public override string Text(string column) => $"CAST({column} AS TEXT)";

    protected override async Task<DbConnection> OpenAsync(string service)
    {
        await using var store = new SqliteStore(Path.Combine(Data, System, service + ".db"), new SqliteOptions());
        return await store.OpenAsync(CancellationToken.None);
    }
}

/// <summary>Reads PostgreSQL, and the queues there or in RabbitMQ.</summary>
internal sealed class ServerAuditSource(string data, string database, RabbitServer? rabbit, string system = "food-orders") : AuditSource(data, system)
{
    public override async Task<long> MessagesAsync()
    {
        if (rabbit is null)
        {
            return (await RowsAsync<long>("", "SELECT count(*) FROM skald_broker.messages")).Single();
        }

        // The register of topics is a queue with one message that stays.
        var queues = await rabbit.ControlAsync("list_queues -q -p v1 name messages");
        return queues.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t'))
            .Sum(fields => fields is [not "skald.topic-list", var count] && long.TryParse(count, out var messages) ? messages : 0);
    }

    public override string Hex(string column) => $"replace({column}::text, '-', '')";

    public override string Text(string column) => $"convert_from({column}, 'UTF8')";

    protected override async Task<DbConnection> OpenAsync(string service)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database) { SearchPath = $"{System.Replace('-', '_')}_{service}", Pooling = false }.ToString());
        await connection.OpenAsync();
        return connection;
    }
}
