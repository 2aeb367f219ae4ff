using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Skald.Sqlite;
using Skald.Storage;
using Skald.Testing;

namespace Skald.Tests;

/// <summary>A file of SQLite, and how to take it away.</summary>
internal static class SqliteGround
{
    public static StoreGround In(SmallDisk disk) => new(() => Task.FromResult<IStore>(new SqliteStore(disk.File("store.db"), Options)))
    {
        CutOff = () => Task.FromResult<IAsyncDisposable>(new Taken(disk.File("store.db"))),
        MakeNewer = () => MakeNewerAsync(disk.File("store.db"), "store"),
        FillDisk = disk.CanFill ? () => Task.FromResult<IAsyncDisposable>(new Full(disk.Folder)) : null,
    };

    public static ProjectionGround ForProjections(SmallDisk disk) =>
        new(service => Task.FromResult<IProjectionStore>(new SqliteProjectionStore(service, "list", disk.File("list.db"), Options)))
        {
            CutOff = () => Task.FromResult<IAsyncDisposable>(new Taken(disk.File("list.db"))),
            MakeNewer = () => MakeNewerAsync(disk.File("list.db"), "projection"),
            FillDisk = disk.CanFill ? () => Task.FromResult<IAsyncDisposable>(new Full(disk.Folder)) : null,
            Remove = () =>
            {
                foreach (var suffix in (string[])["", "-wal", "-shm"])
                {
                    File.Delete(disk.File("list.db" + suffix));
                }

                return Task.CompletedTask;
            },
        };

    private static async Task MakeNewerAsync(string file, string part)
    {
        await using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = $"INSERT INTO skald_schema (part, version) VALUES ('{part}', 999)";
        await command.ExecuteNonQueryAsync();
    }

    private static SqliteOptions Options => new() { BusyTimeout = TimeSpan.FromMilliseconds(200) };

    /// <summary>The file is gone for whoever opens it, and another process writes to it for ever.</summary>
    private sealed class Taken : IAsyncDisposable
    {
        private readonly string _file;
        private readonly SqliteConnection _other;
        private readonly SqliteTransaction _writes;

        public Taken(string file)
        {
            _file = file;
            _other = new SqliteConnection($"Data Source={file};Pooling=False");
            _other.Open();
            _writes = _other.BeginTransaction(deferred: false);
            File.Move(file, file + ".away");
        }

        public ValueTask DisposeAsync()
        {
            File.Move(_file + ".away", _file);
            _writes.Dispose();
            _other.Dispose();
            return default;
        }
    }

    /// <summary>Another file takes what room there is.</summary>
    private sealed class Full : IAsyncDisposable
    {
        private readonly string _filler;

        public Full(string folder)
        {
            _filler = Path.Combine(folder, "filler");
            using var file = new FileStream(_filler, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
            try
            {
                for (var block = new byte[1 << 16]; ;)
                {
                    file.Write(block);
                }
            }
            catch (IOException)
            {
                // No room is left.
            }
        }

        public ValueTask DisposeAsync()
        {
            File.Delete(_filler);
            return default;
        }
    }
}

/// <summary>A small disk in memory. Only root can make one.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly TempFolder _folder = new();

    public SmallDisk(int megabytes = 64)
    {
        CanFill = OperatingSystem.IsLinux() && Environment.UserName == "root" && Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", Folder);
    }

    public bool CanFill { get; }

    public string Folder => _folder.File("");

    public string File(string name) => _folder.File(name);

    public void Dispose()
    {
        if (CanFill)
        {
            Run("umount", "-l", Folder);
        }

        _folder.Dispose();
    }

    private static bool Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
