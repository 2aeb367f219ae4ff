using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Skald.PostgreSql;

/// <summary>One broker per database, user, schema and process, shared by all services in it.</summary>
internal sealed class PostgresBrokers(PostgresDatabases databases)
{
    private readonly ConcurrentDictionary<(PostgresAddress.Sharing Connections, string Schema), PostgresBroker> _brokers = new();

    public PostgresBroker Get(string connection, PostgreSqlOptions options, ILogger logger)
    {
        var address = new PostgresAddress(connection, options);
        return _brokers.GetOrAdd((address.SharedBy, options.BrokerSchema), _ => new PostgresBroker(address, options, logger, databases));
    }
}
