using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using Skald.Storage;

namespace Skald.Sqlite;

/// <summary>
/// The native SQLite library, loaded once per process: the one in the package, unless the application brings another
/// <c>SQLitePCLRaw</c> bundle or has set a provider of its own.
/// </summary>
internal static class NativeSqlite
{
    // Strict tables came with 3.37.
    private const int OldestVersion = 3_037_000;

    private static readonly Lazy<string> Loaded = new(Load);

    /// <summary>The library's version; loads it when needed.</summary>
    /// <exception cref="StoreSetupException">There is none, or it is too old.</exception>
    public static string Description => Loaded.Value;

    private static string Load()
    {
        try
        {
            // The ADO.NET layer sets the provider of whichever bundle is there, and leaves one that the application has set.
            RuntimeHelpers.RunClassConstructor(typeof(SqliteConnection).TypeHandle);
            var version = SQLitePCL.raw.sqlite3_libversion().utf8_to_string();
            return SQLitePCL.raw.sqlite3_libversion_number() >= OldestVersion
                ? $"SQLite {version}"
                : throw new StoreSetupException($"SQLite {version} is too old: 3.37 or later is needed. Reference SQLitePCLRaw.bundle_e_sqlite3 3.0.5 instead of the bundle that brought it.");
        }
        catch (Exception exception) when (exception is DllNotFoundException or TypeInitializationException)
        {
            throw new StoreSetupException(
                "No SQLite library could be loaded. The package SQLitePCLRaw.bundle_e_sqlite3 brings one for each common platform: reference it, and publish for the platform the program runs on.", exception);
        }
    }

    /// <summary>Opens a connection that writes; the caller owns it.</summary>
    /// <param name="file">The file; made if it is not there.</param>
    /// <param name="options">How it is used.</param>
    /// <param name="shrinks">Whether a file that is new can give room back to the system.</param>
    public static SqliteConnection OpenWriter(string file, SqliteOptions options, bool shrinks = false)
    {
        _ = Description;
        try
        {
            PrivateFile.MakeFolderOf(file);
            PrivateFile.Make(file);
            var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false, ForeignKeys = true, DefaultTimeout = Seconds(options.BusyTimeout) }.ToString());
            connection.Open();
            Execute(connection, $"PRAGMA busy_timeout = {(long)options.BusyTimeout.TotalMilliseconds}");
            if (shrinks && new FileInfo(file).Length == 0)
            {
                // Only a file that has no table yet takes it.
                Execute(connection, "PRAGMA auto_vacuum = INCREMENTAL");
            }

            Execute(connection, "PRAGMA journal_mode = WAL");
            Execute(connection, options.Durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
            // SQLite's own default, said because it matters: a short log is soon overwritten in place, and flushing a file
            // that does not grow is twice as fast as flushing one that does.
            Execute(connection, "PRAGMA wal_autocheckpoint = 1000");
            Execute(connection, "PRAGMA cache_size = -32768");
            Execute(connection, "PRAGMA temp_store = MEMORY");
            return connection;
        }
        catch (Exception exception) when (exception is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw new StoreSetupException($"The database file '{file}' cannot be used: {exception.Message}", exception);
        }
    }

    /// <summary>Microsoft.Data.Sqlite goes on asking by itself after the library has given up, for 30 seconds unless told otherwise.</summary>
    public static int Seconds(TimeSpan busyTimeout) => (int)Math.Ceiling(busyTimeout.TotalSeconds);

    /// <summary>Runs a statement; its parameters are <c>$a</c>, <c>$b</c> and so on.</summary>
    public static void Execute(SqliteConnection connection, string sql, params object[] values)
    {
        using var command = Command(connection, sql, values);
        command.ExecuteNonQuery();
    }

    public static SqliteCommand Command(SqliteConnection connection, string sql, params object[] values)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters.AddWithValue("$" + (char)('a' + i), values[i]);
        }

        return command;
    }

    public static string Resource(string name)
    {
        using var stream = typeof(NativeSqlite).Assembly.GetManifestResourceStream(name.StartsWith("Skald.", StringComparison.Ordinal) ? name : "Skald.Sqlite.Schema." + name)
            ?? throw new InvalidOperationException($"The resource '{name}' is missing from the assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
