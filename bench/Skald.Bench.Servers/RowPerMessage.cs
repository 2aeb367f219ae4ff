using Npgsql;

namespace Skald.Bench.Servers;

/// <summary>One row per message, committed by one statement: the least that anything durable on PostgreSQL does.</summary>
internal sealed class RowPerMessage(string connection)
{
    private static readonly byte[] Body = new byte[200];

    private readonly NpgsqlDataSource _source = NpgsqlDataSource.Create(
        new NpgsqlConnectionStringBuilder(connection) { MaxAutoPrepare = 5, AutoPrepareMinUsages = 2, NoResetOnClose = true });

    public async Task<RowPerMessage> StartAsync()
    {
        await using var create = _source.CreateCommand("CREATE TABLE row_per_message (id uuid PRIMARY KEY, body bytea NOT NULL)");
        await create.ExecuteNonQueryAsync();
        return this;
    }

    public async Task CommitAsync(int messages)
    {
        await using var insert = _source.CreateCommand("INSERT INTO row_per_message SELECT * FROM unnest($1, $2)");
        insert.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. Enumerable.Range(0, messages).Select(_ => Guid.CreateVersion7())] });
        insert.Parameters.Add(new NpgsqlParameter<byte[][]> { TypedValue = [.. Enumerable.Repeat(Body, messages)] });
        await insert.ExecuteNonQueryAsync();
    }
}
