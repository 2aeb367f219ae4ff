using Microsoft.Data.Sqlite;

namespace Skald.Sqlite;

/// <summary>Every statement of the broker, prepared once.</summary>
internal sealed class BrokerSql(SqliteConnection connection) : IDisposable
{
    public Statement InsertOwner { get; } = new(connection, "INSERT INTO owners (seen_at) VALUES (?) RETURNING id");

    public Statement SeeOwner { get; } = new(connection, "INSERT INTO owners (id, seen_at) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at");

    public Statement Owners { get; } = new(connection, "SELECT id, seen_at FROM owners WHERE id <> ?");

    public Statement DeleteOwner { get; } = new(connection, "DELETE FROM owners WHERE id = ?");

    public Statement FreeOwner { get; } = new(connection, "UPDATE messages SET owner = 0 WHERE owner = ?");

    public Statement AddQueue { get; } = new(connection, "INSERT INTO queues (name) VALUES (?) ON CONFLICT DO NOTHING");

    public Statement FindQueue { get; } = new(connection, "SELECT id FROM queues WHERE name = ?");

    public Statement Insert { get; } = new(connection, "INSERT INTO messages (seq, queue, owner, envelope, body) VALUES (?, ?, ?, ?, ?)");

    public Statement Delete { get; } = new(connection, "DELETE FROM messages WHERE seq = ? AND owner = ?");

    public Statement Free { get; } = new(connection, "UPDATE messages SET owner = 0 WHERE seq = ? AND owner = ?");

    public Statement Take { get; } = new(
        connection,
        "UPDATE messages SET owner = ? WHERE seq IN (SELECT seq FROM messages WHERE queue = ? AND owner = 0 ORDER BY seq LIMIT ?) RETURNING seq, envelope, body");

    public void Dispose()
    {
        foreach (var statement in (Statement[])[InsertOwner, SeeOwner, Owners, DeleteOwner, FreeOwner, AddQueue, FindQueue, Insert, Delete, Free, Take])
        {
            statement.Dispose();
        }
    }
}
