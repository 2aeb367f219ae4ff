using Skald.Decisions;
using Skald.Definition;

namespace Skald.Management;

/// <summary>What is said of a saga to people: pure functions of what is known of it and of the time.</summary>
internal static class Sentences
{
    /// <summary>Why a saga stands where it stands, in one sentence: whom it waits for, until when, at which attempt; or how it ended.</summary>
    /// <param name="saga">The saga.</param>
    /// <param name="steps">Its steps; empty when they cannot be read.</param>
    /// <param name="now">The time.</param>
    public static string Why(SagaSummary saga, IReadOnlyList<StepFacts> steps, DateTimeOffset now) => saga switch
    {
        { Status: SagaStatus.Completed } => Completed(saga, steps),
        { Status: SagaStatus.Compensated } => $"It turned back{Because(saga)}; {Count(steps.Count(s => s.State == StepState.Undone), "step")} undone, in {Took(saga)}.",
        { Damage: { } damage } => $"This process cannot read it: {damage}.",
        { Status: SagaStatus.Parked } => Parked(saga, steps),
        _ => Open(saga, steps, now),
    };

    /// <summary>Where it stands and what comes next, in one line.</summary>
    public static string Headline(SagaSummary saga, IReadOnlyList<StepFacts> steps, DateTimeOffset now)
    {
        if (steps.Count == 0)
        {
            return saga.Status.Word();
        }

        var (done, total) = Progress(saga, steps);
        var counted = $"{done} of {total} {(TurnedBack(saga) ? "undone" : "done")}";
        if (saga.Status.IsFinal())
        {
            return counted;
        }

        var next = Next(saga, steps);
        var where = next is null ? "" : saga.Status == SagaStatus.Parked ? $", parked at: {next.Name}" : $", next: {next.Name}";
        return saga.Status != SagaStatus.Parked && next?.View.Due is { } due ? $"{counted}{where}, {(due > now ? $"within {Durations.Text(due - now)}" : $"overdue for {Durations.Text(now - due)}")}" : counted + where;
    }

    /// <summary>How many steps need nothing more, of how many.</summary>
    public static (int Done, int Total) Progress(SagaSummary saga, IReadOnlyList<StepFacts> steps) => TurnedBack(saga)
        ? (steps.Count(s => s.State == StepState.Undone), steps.Count(s => s.IsOfTheWayBack))
        : (steps.Count(s => s.State is StepState.Done or StepState.Skipped), steps.Count);

    /// <summary>Where one step stands, in a few words.</summary>
    public static string OfStep(StepFacts step, SagaSummary saga, DateTimeOffset now) => step.State switch
    {
        StepState.Pending => saga.Status.IsFinal() || TurnedBack(saga) ? "was not reached" : "remains",
        StepState.Done => step.View.Keeps ? "is done; its answer could not be taken in" : step.Step.Kind == StepKind.Pivot ? "is done: there is no way back" : "is done",
        StepState.Skipped => step.Step.When is null ? "was passed over" : "was passed over: its condition did not hold",
        StepState.Refused => "was refused: certainly not done",
        StepState.InDoubt => "was not answered in time: it may have been done, and is undone too",
        StepState.Undone => step.Word == StepWords.NothingToUndo ? $"has nothing to undo: {step.Step.NothingToUndo}" : "is undone",
        StepState.UndoFailed => "could not be undone: a person has to look",
        _ => Wait(step, now),
    };

    private static string Completed(SagaSummary saga, IReadOnlyList<StepFacts> steps)
    {
        var skipped = steps.Count(s => s.State == StepState.Skipped);
        return steps.Count == 0 ? $"It is done, in {Took(saga)}."
            : skipped == 0 ? $"All {Count(steps.Count, "step")} done, in {Took(saga)}."
            : $"{Count(steps.Count - skipped, "step")} done and {skipped} passed over, in {Took(saga)}.";
    }

    private static string Parked(SagaSummary saga, IReadOnlyList<StepFacts> steps)
    {
        var reason = (saga.ParkReason ?? "nobody said why").TrimEnd('.');
        var back = steps.Count == 0 ? ""
            : steps.Any(s => s.Step.Kind == StepKind.Pivot && s.State == StepState.Done) ? "; its point of no return is passed"
            : TurnedBack(saga) ? "" : "; it can go on or turn back";
        return $"It waits for a person: {reason}{back}.";
    }

    private static string Open(SagaSummary saga, IReadOnlyList<StepFacts> steps, DateTimeOffset now)
    {
        var open = steps.Where(s => s.IsOpen).OrderBy(s => s.View.Due ?? DateTimeOffset.MaxValue).ToList();
        var begin = TurnedBack(saga) ? $"It turns back{Because(saga)} and" : "It";
        if (open is [])
        {
            return $"{begin} {(saga.NextAt is { } at ? $"goes on {Durations.At(at, now)}" : "is about to go on")}.";
        }

        var beside = open.Count > 1 ? $"; {Count(open.Count - 1, "more step")} open beside it" : "";
        return $"{begin} {Wait(open[0], now)}{beside}.";
    }

    /// <summary>What an open step waits for. It follows upon a subject.</summary>
    private static string Wait(StepFacts step, DateTimeOffset now)
    {
        var until = step.View.Due is { } due ? Durations.Until(due, now) : "however long that takes";
        var again = step.View.Due is { } time ? Durations.At(time, now) : "when a person says so";
        return (step.State, step.Step.Work) switch
        {
            (StepState.Waiting, StepWork.Wait wait) => $"waits at '{step.Name}' for {Either(wait.Ends.Select(end => end.Name))} from outside, {until}",
            (StepState.Waiting, _) => $"waits at '{step.Name}', {until}",
            (StepState.RetryWait, _) => $"tries '{step.Name}' again {again}{Try(step, "attempt")}",
            (StepState.UndoWait, _) => $"tries to undo '{step.Name}' again {again}{Try(step, "attempt")}",
            (StepState.Undoing, _) => $"waits for {step.UndoService ?? "its service"} to undo '{step.Name}'{Try(step, "attempt")}, {until}",
            _ => $"waits for {step.Service ?? "its service"}'s answer to '{step.Name}'{Try(step, "attempt")}, {until}",
        };
    }

    private static string Try(StepFacts step, string word) => step.State == StepState.RetryWait
        ? step.Attempts is { } all ? $", {word} {step.Attempt + 1} of {all}" : ""
        : step.Attempts is { } most && step.Attempt > 0 ? $", {word} {step.Attempt} of {most}" : "";

    private static StepFacts? Next(SagaSummary saga, IReadOnlyList<StepFacts> steps) =>
        steps.Where(s => s.IsOpen).OrderBy(s => s.View.Due ?? DateTimeOffset.MaxValue).FirstOrDefault()
        ?? steps.FirstOrDefault(s => s.State == StepState.UndoFailed)
        ?? (TurnedBack(saga) ? steps.LastOrDefault(s => s.State is StepState.Done or StepState.InDoubt) : steps.FirstOrDefault(s => s.State is StepState.Refused or StepState.InDoubt) ?? steps.FirstOrDefault(s => s.State == StepState.Pending));

    private static bool TurnedBack(SagaSummary saga) => saga.Status is SagaStatus.Compensating or SagaStatus.Compensated || saga.FailedStep is not null && saga.Status != SagaStatus.Completed;

    private static string Because(SagaSummary saga)
    {
        var why = saga.Failure?.Message.TrimEnd('.');
        return saga.FailedStep is null ? why is null ? "" : $" ({why})" : $" because of '{saga.FailedStep}'{(why is null ? "" : $" ({why})")}";
    }

    private static string Took(SagaSummary saga) => Durations.Text((saga.EndedAt ?? saga.UpdatedAt) - saga.StartedAt);

    private static string Count(int count, string what) => $"{count} {what}{(count == 1 ? "" : "s")}" + (what.StartsWith("more", StringComparison.Ordinal) ? count == 1 ? " is" : " are" : "");

    private static string Either(IEnumerable<string> names) => string.Join(" or ", names.Select(name => $"'{name}'"));
}
