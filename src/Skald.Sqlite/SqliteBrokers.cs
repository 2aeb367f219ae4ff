using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Skald.Sqlite;

/// <summary>One broker per file and process, shared by all services in it.</summary>
internal sealed class SqliteBrokers
{
    private readonly ConcurrentDictionary<string, SqliteBroker> _brokers = new();

    public SqliteBroker Get(string file, SqliteOptions options, TimeProvider time, ILogger logger) =>
        _brokers.GetOrAdd(file, path => new SqliteBroker(path, options, time, logger));
}
