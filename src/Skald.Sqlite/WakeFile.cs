using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Skald.Sqlite;

/// <summary>
/// Tells other processes that a database has something new for them: whoever wrote touches a file beside it, whoever
/// waits is told by the operating system. Nobody polls.
/// </summary>
internal sealed class WakeFile(string path, Action woken) : IDisposable
{
    // One watcher per folder and process: the system allows only so many.
    private static readonly ConcurrentDictionary<string, FolderWatcher> Folders = new();

    private FolderWatcher? _folder;

    public void Touch()
    {
        try
        {
            using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            file.WriteByte(1);
        }
        catch (IOException)
        {
            // Only the hint is lost: the other process finds the work when its own timer looks.
        }
        catch (UnauthorizedAccessException)
        {
        }
    }

    public void Watch()
    {
        // The folder of a full path is never null.
        _folder = Folders.GetOrAdd(Path.GetDirectoryName(path)!, folder => new FolderWatcher(folder));
        _folder.Add(Path.GetFileName(path), woken);
    }

    public void Dispose() => _folder?.Remove(Path.GetFileName(path), woken);

    [SuppressMessage("Design", "CA1001", Justification = "Lives as long as the process.")]
    private sealed class FolderWatcher
    {
        private readonly ConcurrentDictionary<string, Action?> _waiting = new();
        private readonly FileSystemWatcher _watcher;

        public FolderWatcher(string folder)
        {
            Directory.CreateDirectory(folder);
            _watcher = new FileSystemWatcher(folder, "*.wake") { NotifyFilter = NotifyFilters.LastWrite | NotifyFilters.FileName | NotifyFilters.Size };
            _watcher.Changed += (_, change) => Wake(change.Name);
            _watcher.Created += (_, change) => Wake(change.Name);
            // The queue of notifications ran over: whoever waits looks for itself.
            _watcher.Error += (_, _) => _waiting.Values.ToList().ForEach(waiting => waiting?.Invoke());
            _watcher.EnableRaisingEvents = true;
        }

        public void Add(string name, Action woken) => _waiting.AddOrUpdate(name, woken, (_, old) => old + woken);

        public void Remove(string name, Action woken) => _waiting.AddOrUpdate(name, _ => null, (_, old) => old - woken);

        private void Wake(string? name)
        {
            if (name is not null && _waiting.TryGetValue(name, out var woken))
            {
                woken?.Invoke();
            }
        }
    }
}
