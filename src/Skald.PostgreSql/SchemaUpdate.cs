using System.Globalization;
using Npgsql;
using Skald.Storage;

namespace Skald.PostgreSql;

/// <summary>Brings a schema up to date: numbered files, each applied once, by whichever process comes first.</summary>
internal static class SchemaUpdate
{
    /// <summary>The part of a service's rows.</summary>
    public const string Store = "store";

    /// <summary>The part of a projection, which has a schema to itself.</summary>
    public const string Projection = "projection";

    private const int OldestMajor = 13;

    private const int SecondsForAnUpdate = 3600;

    /// <summary>One lock for all set-up in a database: it takes milliseconds and happens at starts only.</summary>
    private const string Lock = "SELECT pg_advisory_xact_lock(1399546212, 1)";

    /// <param name="database">The database.</param>
    /// <param name="schema">The schema's name, unquoted.</param>
    /// <param name="part">The files' name after their number: store or broker.</param>
    /// <param name="owner">Whose it is; null for what several services share.</param>
    /// <param name="statements">More statements, each safe to repeat.</param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    /// <returns>The server's version.</returns>
    public static async Task<Version> ApplyAsync(PostgresDatabase database, string schema, string part, string? owner, IReadOnlyList<string> statements, CancellationToken cancellationToken)
    {
        var version = new Version();
        await SetUpAsync(
            database,
            schema,
            async connection =>
            {
                version = connection.PostgreSqlVersion;
                var isNew = await PrepareAsync(connection, schema, part, owner, cancellationToken).ConfigureAwait(false);
                foreach (var statement in statements)
                {
                    await RunIfAllowedAsync(connection, statement, isNew, cancellationToken).ConfigureAwait(false);
                }
            },
            cancellationToken).ConfigureAwait(false);
        return version;
    }

    /// <summary>Does it in one transaction, in which unqualified names are the schema's, and while nobody else sets anything up.</summary>
    public static async Task SetUpAsync(PostgresDatabase database, string schema, Func<NpgsqlConnection, Task> work, CancellationToken cancellationToken)
    {
        await database.SettingUp.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // Of its own: what somebody's statements set in a session stays in it.
            var session = await database.OpenAloneAsync(schema, cancellationToken).ConfigureAwait(false);
            await using (session.ConfigureAwait(false))
            {
                var connection = session.Connection;
                if (connection.PostgreSqlVersion.Major < OldestMajor)
                {
                    throw new StoreSetupException($"PostgreSQL {connection.PostgreSqlVersion} is too old: {OldestMajor} or later is needed.");
                }

                var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
                await using (transaction.ConfigureAwait(false))
                {
                    await RunAsync(connection, Lock, cancellationToken).ConfigureAwait(false);
                    await RunAsync(connection, Sessions.SearchInTransaction(schema), cancellationToken).ConfigureAwait(false);
                    await work(connection).ConfigureAwait(false);
                    await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            database.SettingUp.Release();
        }
    }

    /// <returns>Whether anything had to be made.</returns>
    private static async Task<bool> PrepareAsync(NpgsqlConnection connection, string schema, string part, string? owner, CancellationToken cancellationToken)
    {
        var quoted = Identifier.Quoted(schema);
        // CREATE SCHEMA IF NOT EXISTS asks for the right to create one even when it exists.
        if (!await ExistsAsync(connection, $"SELECT 1 FROM pg_namespace WHERE nspname = '{schema}'", cancellationToken).ConfigureAwait(false))
        {
            await RunAsync(connection, $"CREATE SCHEMA {quoted}", cancellationToken).ConfigureAwait(false);
        }

        if (!await ExistsAsync(connection, $"SELECT 1 WHERE to_regclass('{quoted}.skald_schema') IS NOT NULL", cancellationToken).ConfigureAwait(false))
        {
            await RunAsync(connection, $"CREATE TABLE {quoted}.skald_schema (part text NOT NULL, version integer NOT NULL, applied_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (part, version))", cancellationToken).ConfigureAwait(false);
        }

        if (await ExistsAsync(connection, $"SELECT 1 FROM {quoted}.skald_schema WHERE (part = '{Projection}') <> ('{part}' = '{Projection}')", cancellationToken).ConfigureAwait(false))
        {
            throw new StoreSetupException(
                $"Schema '{schema}' is used by a projection and by a service or broker. A rebuild would replace all of it: give the projection a schema of its own, with PostgreSqlOptions.Schema.");
        }

        if (owner is not null)
        {
            await ClaimAsync(connection, schema, part, owner, cancellationToken).ConfigureAwait(false);
        }

        var newest = Files(part).Max(f => f.Version);
        if (await ExistsAsync(connection, $"SELECT 1 FROM {quoted}.skald_schema WHERE part = '{part}' AND version > {newest}", cancellationToken).ConfigureAwait(false))
        {
            throw new StoreSetupException(
                $"Schema '{schema}' was brought up to date by a newer program; this one knows version {newest} of the {part}'s tables. Run the newer program, or restore a backup that was made before the update.");
        }

        var isNew = false;
        foreach (var (version, resource) in Files(part))
        {
            if (await ExistsAsync(connection, $"SELECT 1 FROM {quoted}.skald_schema WHERE part = '{part}' AND version = {version}", cancellationToken).ConfigureAwait(false))
            {
                continue;
            }

            await RunAsync(connection, Resource(resource).Replace("@schema", quoted, StringComparison.Ordinal), cancellationToken).ConfigureAwait(false);
            await RunAsync(connection, $"INSERT INTO {quoted}.skald_schema (part, version) VALUES ('{part}', {version})", cancellationToken).ConfigureAwait(false);
            isNew = true;
        }

        return isNew;
    }

    /// <summary>
    /// Whoever has rights on rows alone may not even ask for a table that exists (CREATE TABLE IF NOT EXISTS). Where the schema was made before, by somebody who may,
    /// so were the tables.
    /// </summary>
    private static async Task RunIfAllowedAsync(NpgsqlConnection connection, string statement, bool isNew, CancellationToken cancellationToken)
    {
        await RunAsync(connection, "SAVEPOINT skald_statement", cancellationToken).ConfigureAwait(false);
        try
        {
            await RunAsync(connection, statement, cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException exception) when (!isNew && exception.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            await RunAsync(connection, "ROLLBACK TO SAVEPOINT skald_statement", cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task ClaimAsync(NpgsqlConnection connection, string schema, string part, string owner, CancellationToken cancellationToken)
    {
        var quoted = Identifier.Quoted(schema);
        if (!await ExistsAsync(connection, $"SELECT 1 WHERE to_regclass('{quoted}.skald_owner') IS NOT NULL", cancellationToken).ConfigureAwait(false))
        {
            await RunAsync(connection, $"CREATE TABLE {quoted}.skald_owner (part text PRIMARY KEY, name text NOT NULL)", cancellationToken).ConfigureAwait(false);
        }

        var command = new NpgsqlCommand(
            $"WITH claimed AS (INSERT INTO {quoted}.skald_owner (part, name) VALUES ($1, $2) ON CONFLICT (part) DO NOTHING RETURNING name) " +
            $"SELECT name FROM claimed UNION ALL SELECT name FROM {quoted}.skald_owner WHERE part = $1",
            connection);
        await using (command.ConfigureAwait(false))
        {
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = part });
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = owner });
            if (await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is string other && other != owner)
            {
                throw new StoreSetupException(
                    $"Schema '{schema}' is the {part} of '{other}'; '{owner}' makes the same schema name. Give one of them another, with PostgreSqlOptions.Schema.");
            }
        }
    }

    public static async Task RunAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        // An update may have to read large tables.
        var command = new NpgsqlCommand(sql, connection) { CommandTimeout = SecondsForAnUpdate };
        await using (command.ConfigureAwait(false))
        {
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public static async Task<bool> ExistsAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(sql, connection);
        await using (command.ConfigureAwait(false))
        {
            return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is not null;
        }
    }

    /// <summary>The first column of what is found.</summary>
    public static async Task<List<string>> TextsAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        var texts = new List<string>();
        var command = new NpgsqlCommand(sql, connection);
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    texts.Add(reader.GetString(0));
                }
            }
        }

        return texts;
    }

    private static IEnumerable<(int Version, string Resource)> Files(string part) =>
        typeof(SchemaUpdate).Assembly.GetManifestResourceNames()
            .Where(name => name.EndsWith($"_{part}.sql", StringComparison.Ordinal))
            .Select(name => (int.Parse(name.AsSpan(name.LastIndexOf('_') - 3, 3), CultureInfo.InvariantCulture), name))
            .Order();

    private static string Resource(string name)
    {
        using var stream = typeof(SchemaUpdate).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The resource '{name}' is missing from the assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
