using Microsoft.Data.Sqlite;
using Skald.Storage;

namespace Skald.Sqlite;

/// <summary>A table of the attached file <c>rebuilt</c>, to be compared with the live one and put in its place.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Sql">The statements that create it and what belongs to it.</param>
internal sealed record SqliteTables(string Name, IReadOnlyList<string> Sql)
{
    private string Quoted => Quote(Name);

    public static List<SqliteTables> Of(SqliteConnection connection) =>
    [
        .. Texts(connection, "SELECT name FROM rebuilt.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE 'skald\\_%' ESCAPE '\\' ORDER BY rowid")
            .Select(name => new SqliteTables(
                name, Texts(connection, "SELECT sql FROM rebuilt.sqlite_master WHERE tbl_name = $name AND sql IS NOT NULL ORDER BY type = 'table' DESC, rowid", name))),
    ];

    public TableDifference Compare(SqliteConnection connection)
    {
        var rebuilt = Number(connection, $"SELECT count(*) FROM rebuilt.{Quoted}");
        if (Texts(connection, "SELECT name FROM main.sqlite_master WHERE type = 'table' AND name = $name", Name).Count == 0)
        {
            return new TableDifference(Name, 0, rebuilt, 0, rebuilt);
        }

        var live = Number(connection, $"SELECT count(*) FROM main.{Quoted}");
        if (!Columns(connection, "main").SequenceEqual(Columns(connection, "rebuilt")))
        {
            return new TableDifference(Name, live, rebuilt, live, rebuilt);
        }

        // SQLite has no EXCEPT ALL: equal rows are numbered, so that one which is there twice counts twice.
        var numbered = $"SELECT *, row_number() OVER (PARTITION BY {string.Join(", ", Names(connection).Select(Quote))})";
        return new TableDifference(
            Name, live, rebuilt,
            Number(connection, $"SELECT count(*) FROM ({numbered} FROM main.{Quoted} EXCEPT {numbered} FROM rebuilt.{Quoted})"),
            Number(connection, $"SELECT count(*) FROM ({numbered} FROM rebuilt.{Quoted} EXCEPT {numbered} FROM main.{Quoted})"));
    }

    public void TakeOver(SqliteConnection connection)
    {
        NativeSqlite.Execute(connection, $"DROP TABLE IF EXISTS main.{Quoted}");
        // Statements without a schema's name mean the main file.
        foreach (var statement in Sql)
        {
            NativeSqlite.Execute(connection, statement);
        }

        NativeSqlite.Execute(connection, $"INSERT INTO main.{Quoted} SELECT * FROM rebuilt.{Quoted}");
    }

    private List<string> Columns(SqliteConnection connection, string file) =>
        Texts(connection, $"SELECT name || ' ' || type FROM pragma_table_info($name, '{file}') ORDER BY cid", Name);

    private List<string> Names(SqliteConnection connection) => Texts(connection, "SELECT name FROM pragma_table_info($name, 'rebuilt') ORDER BY cid", Name);

    private static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static List<string> Texts(SqliteConnection connection, string sql, string? name = null)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        if (name is not null)
        {
            command.Parameters.AddWithValue("$name", name);
        }

        using var row = command.ExecuteReader();
        var texts = new List<string>();
        while (row.Read())
        {
            texts.Add(row.GetString(0));
        }

        return texts;
    }

    private static long Number(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }
}
