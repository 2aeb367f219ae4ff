using Microsoft.Extensions.Logging;

namespace Skald.Sqlite;

/// <summary>Every log message of this package, once. Ids are never reused; docs/logs.md lists them.</summary>
internal static partial class Log
{
    [LoggerMessage(EventId = 7101, Level = LogLevel.Warning, Message = "Other processes are not woken by '{File}', which cannot be written; they look every few seconds")]
    public static partial void WakeFileNotTouched(this ILogger logger, string file, Exception exception);

    [LoggerMessage(EventId = 7102, Level = LogLevel.Information, Message = "The system has no watcher left for folder '{Folder}': its files are looked at twenty times a second")]
    public static partial void FolderNotWatched(this ILogger logger, string folder, Exception exception);

    [LoggerMessage(EventId = 7103, Level = LogLevel.Debug, Message = "'{File}' cannot be deleted; that does no harm")]
    public static partial void OwnerFileLeftBehind(this ILogger logger, string file, Exception exception);

    [LoggerMessage(EventId = 7104, Level = LogLevel.Warning, Message = "'{File}' cannot be looked at")]
    public static partial void WakeFileNotRead(this ILogger logger, string file, Exception exception);
}
