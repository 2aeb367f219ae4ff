using Skald.Decisions;

namespace Skald.Management;

/// <summary>Lines of timelines.</summary>
internal static class TimelineItems
{
    public static TimelineItem Of(string service, TimelineEntry entry) => new()
    {
        Service = service,
        At = entry.At,
        Version = entry.Version,
        Kind = Words.Of(entry.Kind),
        Step = entry.Step,
        Detail = entry.Detail,
        Actor = entry.Actor,
        Reason = entry.Reason,
        Says = OtherSentences.OfEntry(entry),
    };
}

/// <summary>What a step's time is for.</summary>
internal static class TimerWords
{
    public static string Reason(StepState state) => state switch
    {
        StepState.Sent => "reply",
        StepState.Waiting => "event",
        StepState.RetryWait => "retry",
        StepState.Undoing => "undo",
        _ => "undo retry",
    };
}
