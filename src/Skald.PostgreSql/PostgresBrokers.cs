using System.Collections.Concurrent;

namespace Skald.PostgreSql;

/// <summary>One broker per database, schema and process, shared by all services in it.</summary>
internal sealed class PostgresBrokers
{
    private readonly ConcurrentDictionary<(string Database, string Schema), PostgresBroker> _brokers = new();

    public PostgresBroker Get(string connection, PostgreSqlOptions options)
    {
        var address = new PostgresAddress(connection, options);
        return _brokers.GetOrAdd((address.ToString(), options.BrokerSchema), _ => new PostgresBroker(address, options));
    }
}
