using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Skald.Sqlite;

/// <summary>
/// Watches one folder's wake files for all databases of this process in it: the system allows a user only so many watchers
/// (often 128). When there is none to be had, the files' times are looked at instead, twenty times a second.
/// </summary>
internal sealed class WakeFolder : IDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);
    private static readonly Lock RentLock = new();
    private static readonly Dictionary<string, WakeFolder> Rented = [];

    private readonly string _path;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<string, Action?> _waiting = new();
    private readonly ConcurrentDictionary<string, DateTime> _seen = new();
    private readonly FileSystemWatcher? _watcher;
    private readonly Timer? _timer;
    private int _users;

    private WakeFolder(string path, ILogger logger)
    {
        (_path, _logger) = (path, logger);
        Directory.CreateDirectory(path);
        try
        {
            _watcher = new FileSystemWatcher(path, "*.wake") { NotifyFilter = NotifyFilters.LastWrite | NotifyFilters.FileName | NotifyFilters.Size };
            _watcher.Changed += (_, change) => Wake(change.Name);
            _watcher.Created += (_, change) => Wake(change.Name);
            // The system's queue of notifications ran over: whoever waits looks for itself.
            _watcher.Error += (_, _) => WakeAll();
            _watcher.EnableRaisingEvents = true;
        }
        catch (IOException exception)
        {
            logger.FolderNotWatched(path, exception);
            _watcher?.Dispose();
            _watcher = null;
            _timer = new Timer(_ => Look(), null, LookEvery, LookEvery);
        }
    }

    public static WakeFolder Rent(string path, ILogger logger)
    {
        lock (RentLock)
        {
            if (!Rented.TryGetValue(path, out var folder))
            {
                folder = Rented[path] = new WakeFolder(path, logger);
            }

            folder._users++;
            return folder;
        }
    }

    public static void Return(WakeFolder folder)
    {
        lock (RentLock)
        {
            if (--folder._users == 0)
            {
                Rented.Remove(folder._path);
                folder.Dispose();
            }
        }
    }

    public void Add(string name, Action woken) => _waiting.AddOrUpdate(name, woken, (_, others) => others + woken);

    public void Remove(string name, Action woken) => _waiting.AddOrUpdate(name, _ => null, (_, others) => others - woken);

    public void Dispose()
    {
        _watcher?.Dispose();
        _timer?.Dispose();
    }

    private void Wake(string? name)
    {
        if (name is not null && _waiting.TryGetValue(name, out var woken))
        {
            woken?.Invoke();
        }
    }

    private void WakeAll()
    {
        foreach (var name in _waiting.Keys)
        {
            Wake(name);
        }
    }

    private void Look()
    {
        foreach (var name in _waiting.Keys)
        {
            if (Written(name) is { } written && (!_seen.TryGetValue(name, out var before) || before != written))
            {
                _seen[name] = written;
                Wake(name);
            }
        }
    }

    private DateTime? Written(string name)
    {
        try
        {
            return File.GetLastWriteTimeUtc(Path.Combine(_path, name));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Whoever waits also looks now and then by itself.
            _logger.WakeFileNotRead(Path.Combine(_path, name), exception);
            return null;
        }
    }
}
