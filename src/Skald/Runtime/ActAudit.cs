using System.Text;
using Skald.Decisions;
using Skald.Storage;

namespace Skald.Runtime;

/// <summary>What people did, written with what it did: in one transaction.</summary>
internal static class ActAudit
{
    private const string Done = "done";

    /// <summary>Who did it, when nobody said so.</summary>
    public const string Somebody = "somebody";

    /// <summary>Somebody did something to a saga.</summary>
    /// <param name="run">The transaction.</param>
    /// <param name="saga">The saga, after it.</param>
    /// <param name="before">The saga, before it.</param>
    /// <param name="act">What, in a word.</param>
    /// <param name="told">What the saga was told.</param>
    /// <param name="actor">Who.</param>
    /// <param name="reason">Why.</param>
    public static void Acted(BatchRun run, SagaRun saga, SagaInstance before, string act, SagaInput told, string? actor, string? reason)
    {
        var withState = told is SagaInput.StateEdited;
        Write(
            run, actor, act, AuditKinds.Saga, before.Id.ToString(), reason, Describe(run, saga, before, withState), Describe(run, saga, saga.Instance, withState),
            saga.Refused ?? (saga.Cancel is { Outcome: not CancelOutcome.TurnsBack } cancel ? cancel.Reason : null) ?? Done);
    }

    /// <summary>Somebody did something to something else.</summary>
    public static void Write(BatchRun run, string? actor, string act, string kind, string target, string? reason, string? before = null, string? after = null, string outcome = Done) =>
        run.Changes.Audit.Add(new AuditRow(0, UnixTime.From(run.Now), actor, act, kind, target, reason, before, after, outcome));

    private static string Describe(BatchRun run, SagaRun saga, SagaInstance instance, bool withState) => FormattableString.Invariant(
        $"{{\"version\":{instance.Version},\"status\":\"{instance.Status.Word()}\"{(withState ? $",\"state\":{Encoding.UTF8.GetString(StateCodec.Shown(saga.Plan, StateCodec.Write(saga.Plan, instance.State, run.Serializer), run.Serializer).Span)}" : "")}}}");
}
