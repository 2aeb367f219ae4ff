using System.Globalization;
using Microsoft.Data.Sqlite;
using Skald.Storage;

namespace Skald.Sqlite;

/// <summary>Brings a file up to date: numbered scripts, each applied once, by whichever process comes first. The file keeps whose it is.</summary>
internal static class SchemaUpdate
{
    /// <summary>A service's rows.</summary>
    public const string Store = "store";

    /// <summary>Projections of a service.</summary>
    public const string Projection = "projection";

    /// <summary>The messages of all services of a system.</summary>
    public const string Broker = "broker";

    /// <summary>A broker's file belongs to nobody in particular.</summary>
    public const string Everybody = "all services";

    private const string Tables = """
        CREATE TABLE IF NOT EXISTS skald_schema (part TEXT NOT NULL, version INTEGER NOT NULL, applied_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP, PRIMARY KEY (part, version));
        CREATE TABLE IF NOT EXISTS skald_owner (part TEXT PRIMARY KEY, name TEXT NOT NULL);
        """;

    /// <summary>Call it within a transaction.</summary>
    /// <param name="connection">A connection that writes.</param>
    /// <param name="file">The file's name, for people.</param>
    /// <param name="part">What the file holds, as its scripts are named.</param>
    /// <param name="owner">Whose it is.</param>
    /// <exception cref="StoreSetupException">It is another's, holds something else, or was written by a newer version. Nothing is changed once the transaction is rolled back.</exception>
    public static void Apply(SqliteConnection connection, string file, string part, string owner)
    {
        NativeSqlite.Execute(connection, Tables);
        if (Texts(connection, "SELECT part || ' of ' || name FROM skald_owner WHERE part <> $a OR name <> $b", part, owner) is [var other, ..])
        {
            throw new StoreSetupException($"The file '{file}' is the {other}; it cannot be the {part} of {owner} as well. Give each its own file.");
        }

        NativeSqlite.Execute(connection, "INSERT OR IGNORE INTO skald_owner (part, name) VALUES ($a, $b)", part, owner);
        var applied = Texts(connection, "SELECT CAST(version AS TEXT) FROM skald_schema WHERE part = $a", part).Select(v => int.Parse(v, CultureInfo.InvariantCulture)).ToHashSet();
        var scripts = Scripts(part);
        if (applied.Count > 0 && applied.Max() is var newest && newest > scripts[^1].Version)
        {
            throw new StoreSetupException(
                $"The file '{file}' has version {newest} of the {part}'s tables, and this program knows {scripts[^1].Version}. Run a newer program, or restore a backup that was made before the update.");
        }

        foreach (var (version, resource) in scripts.Where(s => !applied.Contains(s.Version)))
        {
            NativeSqlite.Execute(connection, NativeSqlite.Resource(resource));
            NativeSqlite.Execute(connection, "INSERT INTO skald_schema (part, version) VALUES ($a, $b)", part, version);
        }
    }

    private static List<(int Version, string Resource)> Scripts(string part) =>
    [
        .. typeof(SchemaUpdate).Assembly.GetManifestResourceNames()
            .Where(name => name.EndsWith($"_{part}.sql", StringComparison.Ordinal))
            .Select(name => (int.Parse(name.AsSpan(name.LastIndexOf('_') - 3, 3), CultureInfo.InvariantCulture), name))
            .Order(),
    ];

    private static List<string> Texts(SqliteConnection connection, string sql, params object[] values)
    {
        using var command = NativeSqlite.Command(connection, sql, values);
        using var row = command.ExecuteReader();
        var texts = new List<string>();
        while (row.Read())
        {
            texts.Add(row.GetString(0));
        }

        return texts;
    }
}
