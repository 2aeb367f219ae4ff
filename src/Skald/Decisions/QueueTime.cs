using Skald.Definition;

namespace Skald.Decisions;

/// <summary>A command that lay unread, as its answer shows.</summary>
/// <param name="Step">The step that sent it.</param>
/// <param name="SentAt">When; null when it is only known that its deadline has passed since.</param>
/// <param name="Unread">For how long it lay unread, or was on its way; at least so long, when that is all that is known.</param>
/// <param name="Within">How long it may take to be answered.</param>
internal readonly record struct QueueTime(string Step, DateTimeOffset? SentAt, TimeSpan Unread, TimeSpan Within)
{
    private const int PartOfDeadline = 10;
    private const int PartOfShortDeadline = 3;

    private static readonly TimeSpan Usual = TimeSpan.FromMilliseconds(250);

    /// <summary>How long it may lie unread: no alarm where a busy moment does it.</summary>
    public TimeSpan Most
    {
        get
        {
            var (part, atMost) = (Within / PartOfDeadline, Within / PartOfShortDeadline);
            return part > Usual ? part : atMost < Usual ? atMost : Usual;
        }
    }

    /// <summary>Whether it lay unread for longer than it may.</summary>
    public bool IsTooLong => Unread > Most;

    /// <summary>What an answer shows. Null when the command had no deadline that an overload could make it miss.</summary>
    /// <param name="plan">The saga's plan.</param>
    /// <param name="saga">The saga, before the answer is taken in.</param>
    /// <param name="step">The step that is answered; an action, no undo.</param>
    /// <param name="attempt">Its attempt.</param>
    /// <param name="handledIn">How long the participant was at it.</param>
    /// <param name="now">The clock by which the command was sent.</param>
    public static QueueTime? Of(SagaPlan plan, SagaInstance saga, string step, int attempt, TimeSpan handledIn, DateTimeOffset now)
    {
        if (plan.Find(step) is not { MayBeGivenUpInDoubt: true, Work: StepWork.Remote { Within: var within } } found
            || saga.Steps[found.Index] is not { Tries: 0 } record || record.Attempt != attempt)
        {
            return null;
        }

        return record switch
        {
            { State: StepState.Sent, Due: not null } => new QueueTime(found.Name, record.Since, now - record.Since - handledIn, within),
            // It came too late; by how much, nobody remembers. A copy of one that came in time finds its step undone for another's sake.
            { State: StepState.InDoubt or StepState.Undoing or StepState.Undone } when saga.Failure is { Type: SagaFailure.Timeout } failure && failure.Step == found.Name => new QueueTime(found.Name, null, within - handledIn, within),
            _ => null,
        };
    }
}
