using Microsoft.Data.Sqlite;
using Skald.Messaging;

namespace Skald.Sqlite;

/// <summary>
/// The topics in the broker's file, on a connection of their own that is opened when the first one is needed. Who is
/// subscribed is remembered until anybody commits anything: SQLite knows that without reading a table.
/// </summary>
internal sealed class BrokerTopics(string file, SqliteOptions options, Action throwIfMoved) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, string[]> _known = [];
    private SqliteConnection? _connection;
    private BrokerTopicsSql? _sql;
    private long _version;

    /// <summary>The queues that are subscribed at this moment, by whatever process.</summary>
    public string[][] Queues(IEnumerable<string> topics)
    {
        lock (_lock)
        {
            var sql = Open();
            var version = sql.Version.Single();
            if (version != _version)
            {
                _known.Clear();
                _version = version;
            }

            return [.. topics.Select(topic => Queues(sql, topic))];
        }
    }

    public void Create(string topic) => Write(sql => sql.AddTopic.Bind(topic).Run());

    public void Subscribe(string topic, string queue) => Write(sql =>
    {
        sql.AddTopic.Bind(topic).Run();
        sql.AddQueue.Bind(queue).Run();
        sql.AddSubscription.Bind(topic).Bind(queue).Run();
    });

    public IReadOnlyList<Topic> All()
    {
        var rows = new List<(string Topic, string? Queue)>();
        lock (_lock)
        {
            for (var row = Open().All; row.Read();)
            {
                rows.Add((row.Text(0), row.TextOrNull(1)));
            }
        }

        return Topic.FromRows(rows);
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _sql?.Dispose();
            _connection?.Dispose();
            (_sql, _connection) = (null, null);
        }
    }

    private string[] Queues(BrokerTopicsSql sql, string topic)
    {
        if (!_known.TryGetValue(topic, out var queues))
        {
            var names = new List<string>();
            for (var row = sql.Subscriptions.Bind(topic); row.Read();)
            {
                names.Add(row.Text(0));
            }

            queues = _known[topic] = [.. names];
        }

        return queues;
    }

    private void Write(Action<BrokerTopicsSql> write)
    {
        lock (_lock)
        {
            var sql = Open();
            // Of this connection's own commits SQLite says nothing.
            _known.Clear();
            using var transaction = _connection!.BeginTransaction(deferred: false); // Open has opened it.
            write(sql);
            transaction.Commit();
        }
    }

    private BrokerTopicsSql Open()
    {
        throwIfMoved();
        if (_sql is null)
        {
            _connection = NativeSqlite.OpenWriter(file, options);
            _sql = new BrokerTopicsSql(_connection);
        }

        return _sql;
    }
}

/// <summary>Every statement about topics, prepared once.</summary>
internal sealed class BrokerTopicsSql(SqliteConnection connection) : IDisposable
{
    /// <summary>Another number after each commit of another connection.</summary>
    public Statement Version { get; } = new(connection, "PRAGMA data_version");

    public Statement AddTopic { get; } = new(connection, "INSERT INTO topics (name) VALUES (?) ON CONFLICT DO NOTHING");

    public Statement AddQueue { get; } = new(connection, "INSERT INTO queues (name) VALUES (?) ON CONFLICT DO NOTHING");

    public Statement AddSubscription { get; } = new(
        connection, "INSERT INTO subscriptions (topic, queue) SELECT t.id, q.id FROM topics t, queues q WHERE t.name = ? AND q.name = ? ON CONFLICT DO NOTHING");

    public Statement Subscriptions { get; } = new(
        connection, "SELECT q.name FROM topics t JOIN subscriptions s ON s.topic = t.id JOIN queues q ON q.id = s.queue WHERE t.name = ? ORDER BY q.id");

    public Statement All { get; } = new(
        connection, "SELECT t.name, q.name FROM topics t LEFT JOIN subscriptions s ON s.topic = t.id LEFT JOIN queues q ON q.id = s.queue");

    public void Dispose()
    {
        foreach (var statement in (Statement[])[Version, AddTopic, AddQueue, AddSubscription, Subscriptions, All])
        {
            statement.Dispose();
        }
    }
}
