namespace Skald.Management;

/// <summary>What is said of flows, projections, timelines and forecasts.</summary>
internal static class OtherSentences
{
    public static string OfFlow(FlowSnapshot flow, DateTimeOffset now)
    {
        var wait = flow.Waits.OrderBy(w => w.Due ?? DateTimeOffset.MaxValue).FirstOrDefault();
        var waited = wait is null ? null : string.Join(" or ", wait.Expected.Select(e => $"'{e.Event}' from {e.By}"));
        return flow.Status switch
        {
            FlowStatus.Completed => $"It ended well, in {Durations.Text(flow.UpdatedAt - flow.StartedAt)}.",
            FlowStatus.Undone => $"Everything is undone, in {Durations.Text(flow.UpdatedAt - flow.StartedAt)}.",
            FlowStatus.Stuck => $"It is stuck: {(flow.Reason ?? "an event is overdue").TrimEnd('.')}.",
            _ when waited is null => "It waits for nothing that has a time.",
            _ => $"It waits for {waited}, {(wait!.Due is { } due ? Durations.Until(due, now) : "however long that takes")}.", // waited is made of it.
        };
    }

    public static string OfProjection(ProjectionStatus status, DateTimeOffset now) => status.State switch
    {
        ProjectionState.Current => "It contains every event there is.",
        ProjectionState.CatchingUp => $"{status.LagEvents} events are not in it yet, the oldest for {Durations.Text(status.Lag)}.",
        ProjectionState.Stopped =>
            $"It stands still at event {status.StopsAt}: {(status.Problem ?? "it cannot be projected").TrimEnd('.')}. "
            + (status.RetryAt is { } retryAt ? $"It is tried again {Durations.At(retryAt, now)}, after {status.Attempts} attempts." : "A person has to look."),
        ProjectionState.Unreachable => "Its database, or that of the events, cannot be used.",
        _ => "It has not been looked at yet.",
    };

    /// <summary>One line of a timeline.</summary>
    public static string OfEntry(TimelineEntry entry)
    {
        var step = entry.Step is null ? "" : $"'{entry.Step}' ";
        var what = Words.Of(entry.Kind) switch
        {
            "started" => "It was started",
            "sent" => $"{step}was asked for",
            "resent" => $"{step}was asked for once more",
            "done" => $"{step}is done",
            "skipped" => $"{step}was passed over",
            "refused" => $"{step}was refused",
            "retrying" => $"{step}is tried again later",
            "timed-out" => $"{step}was not answered in time",
            "waiting" => $"{step}waits for its event",
            "compensating" => "It turns back",
            "undoing" => $"{step}is being undone",
            "undone" => $"{step}is undone",
            "undo-failed" => $"{step}could not be undone",
            "completed" => "It ended well",
            "compensated" => "It is undone",
            "parked" => "It waits for a person",
            "late" => $"{step}got what changes nothing any more",
            "early" => $"{step}got an event before it was waited for",
            "published" => $"{step}was published",
            "received" => $"{step}came here",
            var word => $"{step}{word.Replace('-', ' ')}",
        };
        return $"{what}{(entry.Detail is null ? "" : $": {entry.Detail.TrimEnd('.')}")}{(entry.Actor is null ? "" : $", by {entry.Actor}")}{(entry.Reason is null || entry.Reason == entry.Detail ? "" : $" ({entry.Reason.TrimEnd('.')})")}.";
    }

    /// <summary>One line of what an act would do.</summary>
    public static string OfAction(PlannedAction action) => action.Kind switch
    {
        PlannedActionKind.Sends => $"{action.Service ?? "its service"} is sent {action.Command} for '{action.Step}'{(action.Repeats ? ", which it was sent before" : "")}",
        PlannedActionKind.Runs => action.Undo ? $"'{action.Step}' is undone here" : $"'{action.Step}' is done here",
        PlannedActionKind.Waits => $"'{action.Step}' waits for its event",
        PlannedActionKind.Skips => $"'{action.Step}' is passed over",
        PlannedActionKind.RetriesLater => $"'{action.Step}' is tried again at its time",
        PlannedActionKind.NothingToUndo => $"'{action.Step}' has nothing to undo",
        _ => $"'{action.Step}' counts as not begun",
    };

    /// <summary>What an act does, for its button.</summary>
    public static string OfAct(string act) => act switch
    {
        "resume" => "It goes on where it stood.",
        "retry" => "What is to be tried again later is tried now, and what is open is asked for once more.",
        "skip" => "It goes on without a step, or without its undo.",
        "compensate" => "It turns back, also where its definition forbids that, and does not wait for what is open.",
        "go-on-from" => "It undoes what it has done from a step on, and then does it again.",
        "pause" => "It stands still until it is resumed; what comes meanwhile is kept.",
        "edit" => "Its state is changed.",
        "cancel" => "It turns back as soon as what is open has been answered.",
        "fire-timer" => "A step's time comes now.",
        "move-timer" => "A step's time comes at another time.",
        "raise" => "It is given the event that it waits for.",
        "hold" => "It is kept from being removed after its end.",
        _ => "It is removed when its time has come.",
    };
}

/// <summary>Names of the engine as words of the API.</summary>
internal static class Words
{
    /// <summary>Such as <c>timed-out</c>.</summary>
    public static string Of<T>(T value) where T : struct, Enum => Of(value.ToString());

    private static string Of(string name) => string.Concat(name.Select((c, i) => char.IsUpper(c) ? $"{(i > 0 ? "-" : "")}{char.ToLowerInvariant(c)}" : $"{c}"));
}
