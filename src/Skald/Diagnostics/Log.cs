using Microsoft.Extensions.Logging;

namespace Skald.Diagnostics;

/// <summary>Every log message, once. Ids are never reused; docs/logs.md lists them.</summary>
internal static partial class Log
{
    [LoggerMessage(EventId = 1001, Level = LogLevel.Information, Message = "Saga {SagaId} ({Saga}) turns back: '{Step}' failed: {Reason}")]
    public static partial void SagaTurnedBack(this ILogger logger, SagaId sagaId, string saga, string? step, string? reason);

    [LoggerMessage(EventId = 1002, Level = LogLevel.Error, Message = "Saga {SagaId} ({Saga}) is parked and waits for a person: {Reason}")]
    public static partial void SagaParked(this ILogger logger, SagaId sagaId, string saga, string? reason);

    [LoggerMessage(EventId = 1003, Level = LogLevel.Error, Message = "Saga {SagaId}: undoing '{Step}' used up its attempts: {Reason}")]
    public static partial void UndoGaveUp(this ILogger logger, SagaId sagaId, string? step, string? reason);

    [LoggerMessage(EventId = 1004, Level = LogLevel.Warning, Message = "Flow {FlowId} ({Flow}) is stuck: {Reason}")]
    public static partial void FlowStuck(this ILogger logger, string flowId, string flow, string? reason);

    [LoggerMessage(EventId = 2001, Level = LogLevel.Warning, Message = "Message {Type} {MessageId} failed {Attempts} times; next try in {Delay}")]
    public static partial void MessageFailed(this ILogger logger, string type, Guid messageId, int attempts, TimeSpan delay, Exception exception);

    [LoggerMessage(EventId = 2002, Level = LogLevel.Error, Message = "Message {Type} {MessageId} is dead-lettered: {Reason}")]
    public static partial void MessageDeadLettered(this ILogger logger, string type, Guid messageId, string reason);

    [LoggerMessage(EventId = 2004, Level = LogLevel.Error, Message = "Service {Service}: {Count} more messages were dead-lettered than are named here")]
    public static partial void DeadLettersNotNamed(this ILogger logger, string service, long count);

    [LoggerMessage(EventId = 2005, Level = LogLevel.Error, Message = "Service {Service}: {Count} messages that could not be read, were not believed or had nowhere to go, or commands that could not be handled and whose sagas were told, are counted, and not kept as dead letters: there are too many")]
    public static partial void StrangersNotKept(this ILogger logger, string service, long count);

    [LoggerMessage(EventId = 2006, Level = LogLevel.Warning, Message = "Service {Service}: SKALD_WIRE_KEY has 'none' beside a key: messages without a MAC are believed. Take it away when all processes have the key")]
    public static partial void BelievesEverybody(this ILogger logger, string service);

    [LoggerMessage(EventId = 2007, Level = LogLevel.Error, Message = "Service {Service} is to undo step '{Step}' of saga {SagaId}, which knows it to be done, and remembers nothing of it: its data was lost, or restored from before. The undo is refused, for nobody can say whether there is something to undo")]
    public static partial void ActionIsMissing(this ILogger logger, string service, string? step, SagaId? sagaId);

    [LoggerMessage(EventId = 2008, Level = LogLevel.Information, Message = "Service {Service}: '{Type}' {MessageId} was published for {Sagas}, and there is none: it is dropped")]
    public static partial void NobodyHasTheKey(this ILogger logger, string service, string type, Guid messageId, string sagas);

    [LoggerMessage(EventId = 2003, Level = LogLevel.Error, Message = "'{What}' has not returned within {Deadline}: its token is cancelled, and its message counts as failed")]
    public static partial void CallHangs(this ILogger logger, string what, TimeSpan deadline);

    [LoggerMessage(EventId = 3001, Level = LogLevel.Warning, Message = "Service {Service}: {Count} messages were not confirmed; they will be sent again")]
    public static partial void SendFailed(this ILogger logger, string service, int count, Exception exception);

    [LoggerMessage(EventId = 3002, Level = LogLevel.Debug, Message = "Service {Service}: {Count} messages have nowhere to go yet: {Reason}")]
    public static partial void NowhereToGo(this ILogger logger, string service, int count, string reason);

    [LoggerMessage(EventId = 4001, Level = LogLevel.Error, Message = "Service {Service}: its database cannot be used; trying again")]
    public static partial void StoreUnavailable(this ILogger logger, string service, Exception exception);

    [LoggerMessage(EventId = 4002, Level = LogLevel.Error, Message = "Service {Service}: work failed, and so did recording that; trying again in 5 seconds")]
    public static partial void WorkFailed(this ILogger logger, string service, Exception exception);

    [LoggerMessage(EventId = 4003, Level = LogLevel.Error, Message = "Service {Service}: looking for due work failed; trying again")]
    public static partial void LookFailed(this ILogger logger, string service, Exception exception);

    [LoggerMessage(EventId = 4004, Level = LogLevel.Warning, Message = "Service {Service} was away: {Why}. Steps whose deadline passed meanwhile get their time once more")]
    public static partial void WasAway(this ILogger logger, string service, string why);

    [LoggerMessage(EventId = 4005, Level = LogLevel.Warning, Message = "Service {Service}: new sagas wait, because a command of step '{Step}' lay unread for {Unread}. They are begun when its participant keeps up, or are refused")]
    public static partial void StartsWait(this ILogger logger, string service, string step, TimeSpan unread);

    [LoggerMessage(EventId = 4006, Level = LogLevel.Error, Message = "Service {Service}: what has ended, or is old, cannot be archived or removed; nothing is lost, and it is tried again")]
    public static partial void RetentionFailed(this ILogger logger, string service, Exception exception);

    [LoggerMessage(EventId = 4007, Level = LogLevel.Error, Message = "Service {Service}: job {Job} cannot go on; it stands where it was, and is tried again")]
    public static partial void JobFailed(this ILogger logger, string service, Guid? job, Exception exception);

    [LoggerMessage(EventId = 5001, Level = LogLevel.Information, Message = "Service {Service} serves: store {Store}")]
    public static partial void Serving(this ILogger logger, string service, string store);

    [LoggerMessage(EventId = 5002, Level = LogLevel.Warning, Message = "Stream {Stream} gets no snapshot at version {Version}: its state takes {Bytes} bytes, more than {Limit}. It is folded from its events")]
    public static partial void SnapshotTooLarge(this ILogger logger, string stream, long version, int bytes, int limit);

    [LoggerMessage(EventId = 6001, Level = LogLevel.Error, Message = "Projection {Projection} stands still: {Problem}. Tried {Attempts} times; next try in {Delay}")]
    public static partial void ProjectionStopped(this ILogger logger, string projection, string problem, int attempts, TimeSpan delay, Exception? exception);

    [LoggerMessage(EventId = 6002, Level = LogLevel.Information, Message = "Projection {Projection} goes on from {Position}")]
    public static partial void ProjectionGoesOn(this ILogger logger, string projection, EventPosition position);

    [LoggerMessage(EventId = 6003, Level = LogLevel.Warning, Message = "Projection {Projection}: a database cannot be used; trying again")]
    public static partial void ProjectionUnreachable(this ILogger logger, string projection, Exception exception);

    [LoggerMessage(EventId = 6004, Level = LogLevel.Information, Message = "Projection {Projection} was rebuilt from {Events} events in {Elapsed}; switched: {Switched}, tables that differed: {Different}")]
    public static partial void ProjectionRebuilt(this ILogger logger, string projection, long events, TimeSpan elapsed, bool switched, int different);

    [LoggerMessage(EventId = 6005, Level = LogLevel.Warning, Message = "Projection {Projection} leaves out event {Position} ({Type}, version {Version} of {Stream}) on a person's word: {Reason}")]
    public static partial void ProjectionSkipped(this ILogger logger, string projection, EventPosition position, string type, long version, string stream, string reason);

    [LoggerMessage(EventId = 7001, Level = LogLevel.Error, Message = "{Problem}; trying again with growing pauses, up to a second")]
    public static partial void BrokerStumbled(this ILogger logger, string problem, Exception exception);

    [LoggerMessage(EventId = 7002, Level = LogLevel.Information, Message = "The broker's database can be used again, after {Failures} attempts in vain")]
    public static partial void BrokerGoesOn(this ILogger logger, int failures);

    [LoggerMessage(EventId = 7003, Level = LogLevel.Warning, Message = "{Problem}; what this process had of the broker is free when its lease is over")]
    public static partial void BrokerLeftUncleanly(this ILogger logger, string problem, Exception exception);
}
