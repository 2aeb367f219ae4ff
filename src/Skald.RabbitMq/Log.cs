using Microsoft.Extensions.Logging;

namespace Skald.RabbitMq;

/// <summary>Every log message of this package, once. Ids are never reused; docs/logs.md lists them.</summary>
internal static partial class Log
{
    [LoggerMessage(EventId = 7301, Level = LogLevel.Warning, Message = "{Problem}; connecting again")]
    public static partial void ConnectionLost(this ILogger logger, string problem);

    [LoggerMessage(EventId = 7302, Level = LogLevel.Information, Message = "RabbitMQ at {Host}:{Port} is connected again")]
    public static partial void ConnectedAgain(this ILogger logger, string host, int port);

    [LoggerMessage(EventId = 7303, Level = LogLevel.Warning, Message = "{Problem}; messages wait until it does")]
    public static partial void ConnectionBlocked(this ILogger logger, string problem);

    [LoggerMessage(EventId = 7304, Level = LogLevel.Error, Message = "{Problem}; trying again")]
    public static partial void QueueNotConsumed(this ILogger logger, string problem, Exception? exception);

    [LoggerMessage(EventId = 7305, Level = LogLevel.Information, Message = "Queue '{Queue}' is consumed again")]
    public static partial void QueueConsumedAgain(this ILogger logger, string queue);

    [LoggerMessage(EventId = 7306, Level = LogLevel.Warning, Message = "RabbitMQ does not answer the wish to consume queue '{Queue}'; asking on another connection")]
    public static partial void ConsumeNotAnswered(this ILogger logger, string queue);

    [LoggerMessage(EventId = 7307, Level = LogLevel.Warning, Message = "Publishing begins anew on another channel; what is not confirmed is published again")]
    public static partial void PublishingBroken(this ILogger logger, Exception exception);

    [LoggerMessage(EventId = 7308, Level = LogLevel.Debug, Message = "What was dealt with of queue '{Queue}' cannot be acknowledged: its channel is lost, and it comes again")]
    public static partial void NotAcknowledged(this ILogger logger, string queue, Exception exception);

    [LoggerMessage(EventId = 7309, Level = LogLevel.Debug, Message = "{Count} parcels of queue '{Queue}' that are half done come again as a whole")]
    public static partial void ParcelsComeAgain(this ILogger logger, string queue, int count, Exception? exception);

    [LoggerMessage(EventId = 7310, Level = LogLevel.Debug, Message = "Queue '{Queue}', of which the broker said that it goes, was not seen to go")]
    public static partial void QueueNotSeenGone(this ILogger logger, string queue, Exception exception);

    [LoggerMessage(EventId = 7311, Level = LogLevel.Debug, Message = "{What} did not work; nobody waits for it")]
    public static partial void NotTidied(this ILogger logger, string what, Exception exception);
}
