using Microsoft.Extensions.Logging;

namespace Skald.PostgreSql;

/// <summary>Every log message of this package, once. Ids are never reused; docs/logs.md lists them.</summary>
internal static partial class Log
{
    [LoggerMessage(EventId = 7201, Level = LogLevel.Warning, Message = "The connection to PostgreSQL at {Address} that listens is lost and opened again; until then it is looked for messages now and then")]
    public static partial void ListenerLost(this ILogger logger, string address, Exception exception);

    [LoggerMessage(EventId = 7202, Level = LogLevel.Warning, Message = "It cannot be listened on '{Channel}'; this is tried again, and until then it is looked for messages now and then")]
    public static partial void CannotListen(this ILogger logger, string channel, Exception exception);
}
