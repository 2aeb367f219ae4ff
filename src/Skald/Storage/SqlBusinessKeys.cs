using System.Data.Common;
using System.Globalization;

namespace Skald.Storage;

/// <summary>Locks and tombstones as tables, in SQL that SQLite and PostgreSQL share. Uniqueness is the database's.</summary>
/// <param name="transaction">The open transaction.</param>
/// <param name="holdKey">
/// A statement that makes others wait who look at the tombstone <c>@key</c>, until the transaction ends; null where transactions
/// wait for each other anyway.
/// </param>
public sealed class SqlBusinessKeys(DbTransaction transaction, string? holdKey = null) : IBusinessKeys
{
    /// <inheritdoc/>
    public async ValueTask<bool> TryTakeAsync(string key, string owner, DateTimeOffset at) =>
        await ExecuteAsync("INSERT INTO skald_lock (key, owner, at) VALUES (@key, @value, @at) ON CONFLICT (key) DO NOTHING", key, owner, at) == 1
        || await OwnerAsync(key) == owner;

    /// <inheritdoc/>
    public async ValueTask<bool> ReleaseAsync(string key, string owner) =>
        await ExecuteAsync("DELETE FROM skald_lock WHERE key = @key AND owner = @value", key, owner) == 1;

    /// <inheritdoc/>
    public async ValueTask<int> ReleaseAllAsync(string owner) => await ExecuteAsync("DELETE FROM skald_lock WHERE owner = @value", null, owner);

    /// <inheritdoc/>
    public ValueTask<string?> OwnerAsync(string key) => FindAsync("SELECT owner FROM skald_lock WHERE key = @key", key);

    /// <inheritdoc/>
    public async ValueTask<bool> BuryAsync(string key, string reason, DateTimeOffset at)
    {
        await HoldAsync(key);
        return await ExecuteAsync("INSERT INTO skald_tombstone (key, reason, at) VALUES (@key, @value, @at) ON CONFLICT (key) DO NOTHING", key, reason, at) == 1;
    }

    /// <inheritdoc/>
    public async ValueTask<string?> TombstoneAsync(string key)
    {
        await HoldAsync(key);
        return await FindAsync("SELECT reason FROM skald_tombstone WHERE key = @key", key);
    }

    private async ValueTask HoldAsync(string key)
    {
        if (holdKey is not null)
        {
            await using var command = Command(holdKey, key);
            await command.ExecuteNonQueryAsync();
        }
    }

    private async ValueTask<int> ExecuteAsync(string sql, string? key, string value, DateTimeOffset? at = null)
    {
        await using var command = Command(sql, key);
        Add(command, "@value", value);
        if (at is not null)
        {
            Add(command, "@at", UnixTime.From(at.Value));
        }

        return await command.ExecuteNonQueryAsync();
    }

    private async ValueTask<string?> FindAsync(string sql, string key)
    {
        await using var command = Command(sql, key);
        return Convert.ToString(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture) is { Length: > 0 } text ? text : null;
    }

    private DbCommand Command(string sql, string? key)
    {
        // The transaction is open for as long as the context that this belongs to is used.
        var command = transaction.Connection!.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        if (key is not null)
        {
            Add(command, "@key", key);
        }

        return command;
    }

    private static void Add(DbCommand command, string name, object value)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = name;
        parameter.Value = value;
        command.Parameters.Add(parameter);
    }
}
