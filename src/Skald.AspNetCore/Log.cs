using Microsoft.Extensions.Logging;

namespace Skald;

/// <summary>What the edge and live feeds write to the log.</summary>
internal static partial class Log
{
    [LoggerMessage(EventId = 8001, Level = LogLevel.Warning, Message = "{Addresses} can be reached from other machines: whoever reaches it may use it, unless a proxy or the application's own policy asks who calls")]
    public static partial void ListensOpenly(this ILogger logger, string addresses);

    [LoggerMessage(EventId = 8002, Level = LogLevel.Warning, Message = "{Addresses} can be reached from other machines; their requests are refused until it is said that it is meant to be open (EdgeOptions.IsOpen; --open)")]
    public static partial void OthersAreRefused(this ILogger logger, string addresses);

    [LoggerMessage(EventId = 8004, Level = LogLevel.Warning, Message = "A request failed because a database cannot be used; it was answered with 503. Said once a minute at most")]
    public static partial void DatabaseFails(this ILogger logger, Exception exception);

    [LoggerMessage(EventId = 8005, Level = LogLevel.Error, Message = "{Method} {Route} of the management failed")]
    public static partial void ManagementFailed(this ILogger logger, string method, string route, Exception exception);

    [LoggerMessage(EventId = 8006, Level = LogLevel.Information, Message = "{Actor} did '{Act}' to {Target}: {Outcome}")]
    public static partial void ActDone(this ILogger logger, string actor, string act, string target, string outcome);

    [LoggerMessage(EventId = 8007, Level = LogLevel.Error, Message = "{Count} effects do not balance; the first is '{Step}' of saga {Saga} in '{Participant}': {Says} See all of them with 'skald balance'")]
    public static partial void BooksDoNotBalance(this ILogger logger, long count, string step, string saga, string participant, string says);

    [LoggerMessage(EventId = 8008, Level = LogLevel.Warning, Message = "The books cannot be looked through; that is tried again at the next time")]
    public static partial void BooksCannotBeRead(this ILogger logger, Exception exception);

    [LoggerMessage(EventId = 8003, Level = LogLevel.Warning, Message = "The live feed of '{EventType}' ends, for its source failed; it begins anew for who comes back")]
    public static partial void LiveSourceFailed(this ILogger logger, string eventType, Exception exception);
}
