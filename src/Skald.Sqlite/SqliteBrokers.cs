using System.Collections.Concurrent;

namespace Skald.Sqlite;

/// <summary>One broker per file and process, shared by all services in it.</summary>
internal sealed class SqliteBrokers
{
    private readonly ConcurrentDictionary<string, SqliteBroker> _brokers = new();

    public SqliteBroker Get(string file, SqliteOptions options, TimeProvider time) =>
        _brokers.GetOrAdd(file, path => new SqliteBroker(path, options, time));
}
