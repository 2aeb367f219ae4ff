using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Skald.PostgreSql;

/// <summary>One broker per database, schema and process, shared by all services in it.</summary>
internal sealed class PostgresBrokers
{
    private readonly ConcurrentDictionary<(string Database, string Schema), PostgresBroker> _brokers = new();

    public PostgresBroker Get(string connection, PostgreSqlOptions options, ILogger logger)
    {
        var address = new PostgresAddress(connection, options);
        return _brokers.GetOrAdd((address.ToString(), options.BrokerSchema), _ => new PostgresBroker(address, options, logger));
    }
}
