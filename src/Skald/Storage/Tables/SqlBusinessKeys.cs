using System.Data.Common;
using System.Globalization;

namespace Skald.Storage.Tables;

/// <summary>The statements of locks and tombstones, in the database's words. Parameters: <c>@key</c>, <c>@value</c>, <c>@at</c>, <c>@place</c>.</summary>
public sealed record BusinessKeySql
{
    /// <summary>Takes lock <c>@key</c> for owner <c>@value</c> unless somebody has it, or stands in its line at a lower place than <c>@place</c>. One row is changed, or none.</summary>
    public required string Take { get; init; }

    /// <summary>Frees lock <c>@key</c> of owner <c>@value</c>.</summary>
    public required string Release { get; init; }

    /// <summary>Frees all locks of owner <c>@value</c>; answers with their keys, as one column.</summary>
    public required string ReleaseAll { get; init; }

    /// <summary>The owner of lock <c>@key</c>, as one column.</summary>
    public required string Owner { get; init; }

    /// <summary>Makes others wait who free lock <c>@key</c> or leave its line, until the transaction ends; null where transactions wait for each other anyway.</summary>
    public string? KeepLine { get; init; }

    /// <summary>Puts tombstone <c>@key</c> with reason <c>@value</c> unless there is one. One row is changed, or none.</summary>
    public required string Bury { get; init; }

    /// <summary>The reason of tombstone <c>@key</c>, as one column.</summary>
    public required string Tombstone { get; init; }

    /// <summary>
    /// Makes others wait who look at tombstone <c>@key</c>, until the transaction ends; null where transactions wait for each other anyway.
    /// </summary>
    public string? Hold { get; init; }
}

/// <summary>Locks and tombstones as tables of a SQL database. Uniqueness is the database's.</summary>
/// <param name="transaction">The open transaction.</param>
/// <param name="sql">The statements.</param>
/// <param name="translate">What the engine is told of the database's exception; null when it is to go on as it is.</param>
/// <param name="text">How the database can keep a text; as it is when null.</param>
public sealed class SqlBusinessKeys(DbTransaction transaction, BusinessKeySql sql, Func<Exception, Exception?> translate, Func<string, string>? text = null) : IBusinessKeys
{
    /// <inheritdoc/>
    public async ValueTask<bool> TryTakeAsync(string key, string owner, DateTimeOffset at, long place = long.MaxValue) =>
        await ExecuteAsync(sql.Take, key, owner, at, place) == 1
        || await OwnerAsync(key) == owner;

    /// <inheritdoc/>
    public async ValueTask<bool> ReleaseAsync(string key, string owner) =>
        await ExecuteAsync(sql.Release, key, owner) == 1;

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<string>> ReleaseAllAsync(string owner)
    {
        await using var command = Command(sql.ReleaseAll, null);
        Add(command, "@value", owner);
        return await TranslatedAsync(async () =>
        {
            var keys = new List<string>();
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
            {
                keys.Add(reader.GetString(0));
            }

            return keys;
        });
    }

    /// <inheritdoc/>
    public async ValueTask<string?> OwnerAsync(string key, bool keeps = false)
    {
        await HoldAsync(keeps ? sql.KeepLine : null, key);
        return await FindAsync(sql.Owner, key);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> BuryAsync(string key, string reason, DateTimeOffset at)
    {
        await HoldAsync(sql.Hold, key);
        return await ExecuteAsync(sql.Bury, key, reason, at) == 1;
    }

    /// <inheritdoc/>
    public async ValueTask<string?> TombstoneAsync(string key)
    {
        await HoldAsync(sql.Hold, key);
        return await FindAsync(sql.Tombstone, key);
    }

    private async ValueTask HoldAsync(string? statement, string key)
    {
        if (statement is not null)
        {
            await using var command = Command(statement, key);
            await TranslatedAsync(command.ExecuteNonQueryAsync);
        }
    }

    private async ValueTask<int> ExecuteAsync(string statement, string key, string value, DateTimeOffset? at = null, long? place = null)
    {
        await using var command = Command(statement, key);
        Add(command, "@value", value);
        if (at is not null)
        {
            Add(command, "@at", UnixTime.From(at.Value));
        }

        if (place is not null)
        {
            Add(command, "@place", place.Value);
        }

        return await TranslatedAsync(command.ExecuteNonQueryAsync);
    }

    private async ValueTask<string?> FindAsync(string statement, string key)
    {
        await using var command = Command(statement, key);
        return Convert.ToString(await TranslatedAsync(command.ExecuteScalarAsync), CultureInfo.InvariantCulture) is { Length: > 0 } found ? found : null;
    }

    private async ValueTask<T> TranslatedAsync<T>(Func<Task<T>> execute)
    {
        try
        {
            return await execute();
        }
        catch (Exception exception) when (translate(exception) is { } translated)
        {
            throw translated;
        }
    }

    private DbCommand Command(string statement, string? key)
    {
        // The transaction is open for as long as the context that this belongs to is used.
        var command = transaction.Connection!.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = statement;
        if (key is not null)
        {
            Add(command, "@key", key);
        }

        return command;
    }

    private void Add(DbCommand command, string name, object value)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = name;
        parameter.Value = value is string words && text is not null ? text(words) : value;
        command.Parameters.Add(parameter);
    }
}
