using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using Skald.Storage;

namespace Skald.Sqlite;

/// <summary>
/// Chooses the native SQLite library, once per process: the system's if there is one that is new enough, else the one
/// that a package brings. <c>SKALD_SQLITE_LIBRARY</c> set to <c>system</c> or <c>bundled</c> forces the choice.
/// </summary>
internal static class NativeSqlite
{
    private const string ProviderLibrary = "e_sqlite3";

    // RETURNING and UPDATE FROM came with 3.35.
    private const int OldestVersion = 3_035_000;

    private static readonly Lazy<string> Loaded = new(Load);

    /// <summary>The version and where it comes from; loads it when needed.</summary>
    public static string Description => Loaded.Value;

    private static string Load()
    {
        var origin = "bundled";
        // An application that brings its own bundle has chosen already.
        if (Type.GetType("SQLitePCL.Batteries_V2, SQLitePCLRaw.batteries_v2") is null)
        {
            NativeLibrary.SetDllImportResolver(typeof(SQLitePCL.SQLite3Provider_e_sqlite3).Assembly, (name, _, _) =>
            {
                if (name != ProviderLibrary || !TryLoadSystem(out var library))
                {
                    return IntPtr.Zero;
                }

                origin = "system";
                return library;
            });
            SQLitePCL.raw.SetProvider(new SQLitePCL.SQLite3Provider_e_sqlite3());
        }

        try
        {
            return $"SQLite {SQLitePCL.raw.sqlite3_libversion().utf8_to_string()} ({origin})";
        }
        catch (DllNotFoundException exception)
        {
            throw new StoreSetupException(
                "No SQLite library could be loaded. Install the system's (Debian, Ubuntu: apt-get install libsqlite3-0) or add the package SQLitePCLRaw.bundle_e_sqlite3.", exception);
        }
    }

    private static bool TryLoadSystem(out IntPtr library)
    {
        library = IntPtr.Zero;
        if (string.Equals(Environment.GetEnvironmentVariable("SKALD_SQLITE_LIBRARY"), "bundled", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var name = OperatingSystem.IsWindows() ? "winsqlite3.dll" : OperatingSystem.IsMacOS() ? "libsqlite3.dylib" : "libsqlite3.so.0";
        if (!NativeLibrary.TryLoad(name, out library))
        {
            return false;
        }

        if (NativeLibrary.TryGetExport(library, "sqlite3_libversion_number", out var version) && VersionOf(version) >= OldestVersion)
        {
            return true;
        }

        NativeLibrary.Free(library);
        return false;
    }

    private static int VersionOf(IntPtr function) => Marshal.GetDelegateForFunctionPointer<LibVersionNumber>(function)();

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int LibVersionNumber();

    /// <summary>Opens a connection that writes; the caller owns it.</summary>
    public static SqliteConnection OpenWriter(string file, SqliteOptions options)
    {
        _ = Description;
        try
        {
            // The folder of an absolute path is never null.
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false, ForeignKeys = true }.ToString());
            connection.Open();
            Execute(connection, $"PRAGMA busy_timeout = {(long)options.BusyTimeout.TotalMilliseconds}");
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

    public static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    public static string Resource(string name)
    {
        using var stream = typeof(NativeSqlite).Assembly.GetManifestResourceStream("Skald.Sqlite.Schema." + name)
            ?? throw new InvalidOperationException($"The resource '{name}' is missing from the assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
