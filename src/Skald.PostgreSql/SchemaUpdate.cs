using System.Globalization;
using Npgsql;
using Skald.Storage;

namespace Skald.PostgreSql;

/// <summary>Brings a schema up to date: numbered files, each applied once, by whichever process comes first.</summary>
internal static class SchemaUpdate
{
    /// <summary>The part of a projection, which has a schema to itself.</summary>
    public const string Projection = "projection";

    private const int OldestMajor = 13;

    /// <summary>One lock for all set-up in a database: it takes milliseconds and happens at starts only.</summary>
    public const string Lock = "SELECT pg_advisory_xact_lock(1399546212, 1)";

    /// <param name="source">The database.</param>
    /// <param name="schema">The schema's name, unquoted.</param>
    /// <param name="part">The files' name after their number: store or broker.</param>
    /// <param name="statements">More statements, each safe to repeat.</param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    public static async Task ApplyAsync(NpgsqlDataSource source, string schema, string part, IReadOnlyList<string> statements, CancellationToken cancellationToken)
    {
        var connection = await source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            if (connection.PostgreSqlVersion.Major < OldestMajor)
            {
                throw new StoreSetupException($"PostgreSQL {connection.PostgreSqlVersion} is too old: {OldestMajor} or later is needed.");
            }

            var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
            await using (transaction.ConfigureAwait(false))
            {
                await RunAsync(connection, Lock, cancellationToken).ConfigureAwait(false);
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

                foreach (var (version, resource) in Files(part))
                {
                    if (await ExistsAsync(connection, $"SELECT 1 FROM {quoted}.skald_schema WHERE part = '{part}' AND version = {version}", cancellationToken).ConfigureAwait(false))
                    {
                        continue;
                    }

                    await RunAsync(connection, Resource(resource).Replace("@schema", quoted, StringComparison.Ordinal), cancellationToken).ConfigureAwait(false);
                    await RunAsync(connection, $"INSERT INTO {quoted}.skald_schema (part, version) VALUES ('{part}', {version})", cancellationToken).ConfigureAwait(false);
                }

                foreach (var statement in statements)
                {
                    await RunAsync(connection, statement, cancellationToken).ConfigureAwait(false);
                }

                await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public static async Task RunAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(sql, connection);
        await using (command.ConfigureAwait(false))
        {
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public static async Task RunAsync(NpgsqlDataSource source, string sql, CancellationToken cancellationToken)
    {
        var command = source.CreateCommand(sql);
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
