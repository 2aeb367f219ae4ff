using System.Text.Json;
using Skald.Decisions;
using Skald.Definition;
using Skald.Runtime;
using Skald.Storage;

namespace Skald;

// What people do to sagas from outside.
public sealed partial class SkaldService
{
    /// <summary>Says what an act would do to a saga as it stands, by the rules that decide it, and does nothing.</summary>
    /// <param name="saga">The saga.</param>
    /// <param name="act">The act.</param>
    /// <param name="reason">Why, which the saga's own code may be told.</param>
    /// <param name="cancellationToken">Gives the wait up.</param>
    /// <exception cref="KeyNotFoundException">There is no such saga.</exception>
    /// <exception cref="SagaVersionUnknownException">It runs a version that this process does not know.</exception>
    /// <exception cref="ArgumentException">The act names a step or an event that its definition does not have, or holds what cannot be read.</exception>
    public async Task<ActPreview> PreviewAsync(SagaId saga, SagaAct act, string? reason = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(act);
        var (plan, instance, row) = await ReadAsync(saga, cancellationToken);
        return Preview(plan, instance, row, act, reason);
    }

    /// <summary>Says of several acts what each would do to a saga as it stands: of one and the same version.</summary>
    /// <param name="saga">The saga.</param>
    /// <param name="acts">The acts. One that names what its definition does not have, or holds what cannot be read, would be refused.</param>
    /// <param name="cancellationToken">Gives the wait up.</param>
    /// <exception cref="KeyNotFoundException">There is no such saga.</exception>
    /// <exception cref="SagaVersionUnknownException">It runs a version that this process does not know.</exception>
    /// <exception cref="ArgumentException">The saga cannot be read.</exception>
    public async Task<IReadOnlyList<ActPreview>> PreviewEachAsync(SagaId saga, IReadOnlyList<SagaAct> acts, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(acts);
        var (plan, instance, row) = await ReadAsync(saga, cancellationToken);
        return [.. acts.Select(act => PreviewOrRefuse(plan, instance, row, act))];
    }

    private ActPreview PreviewOrRefuse(SagaPlan plan, SagaInstance saga, SagaRow row, SagaAct act)
    {
        try
        {
            return Preview(plan, saga, row, act, null);
        }
        catch (ArgumentException exception)
        {
            return Foresight(plan, saga, row).Refused(act, exception.Message);
        }
    }

    private async Task<(SagaPlan Plan, SagaInstance Saga, SagaRow Row)> ReadAsync(SagaId saga, CancellationToken cancellationToken)
    {
        var row = await Store.Operations.FindSagaAsync(saga.Value, cancellationToken)
            ?? throw MissingSaga.Why(Name, saga, await Store.Operations.FindRemovedAsync(saga.Value, cancellationToken));
        var plan = Engine.Model.FindPlan(row.Definition, row.PlanVersion) ?? throw MissingSaga.Unknown(Name, row);
        var instance = SagaCodec.FromRow(plan, row, Engine.Serializer, out var problem) ?? throw new ArgumentException($"Saga {saga} cannot be read: {problem}", nameof(saga));
        return (plan, instance, row);
    }

    /// <summary>Does an act to a saga. It is in the saga's timeline, with who and why.</summary>
    /// <param name="saga">The saga.</param>
    /// <param name="act">The act.</param>
    /// <param name="options">Who does it and why, and at which version of the saga.</param>
    /// <param name="cancellationToken">Gives the wait up; it may be done all the same.</param>
    /// <returns>What came of it; an act that the saga's state does not allow is refused, and changes nothing.</returns>
    /// <exception cref="SagaMovedOnException">It is not at the version that was expected.</exception>
    /// <inheritdoc cref="PreviewAsync" path="/exception"/>
    public async Task<ActOutcome> ActAsync(SagaId saga, SagaAct act, ActOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(act);
        Engine.OwnCode.Refuse(nameof(ActAsync), "A person or a tool acts on a saga, from outside.");
        var work = new ActWork<ActOutcome>(saga, run => ActInputs.Of(run.Plan, run.Instance, act, options?.Reason, Engine.Serializer), Outcome)
        {
            ExpectedVersion = options?.ExpectedVersion,
            // Otherwise nobody could tell it from what the engine does by itself.
            Actor = options?.Actor ?? ActAudit.Somebody,
            Reason = options?.Reason,
            Act = act.Name,
        };
        return await Engine.Lanes.AskAsync(work, work.Done, cancellationToken);
    }

    /// <summary>Writes into the audit what somebody did to something that is no saga, such as a projection.</summary>
    /// <param name="act">What was done, in a word.</param>
    /// <param name="kind">To what kind of thing: one of <see cref="AuditKinds"/>.</param>
    /// <param name="target">To which.</param>
    /// <param name="options">Who, and why.</param>
    /// <param name="cancellationToken">Gives the wait up; it may be written all the same.</param>
    public async Task RecordActAsync(string act, string kind, string target, ActOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(act);
        ArgumentException.ThrowIfNullOrEmpty(kind);
        ArgumentException.ThrowIfNullOrEmpty(target);
        Engine.OwnCode.Refuse(nameof(RecordActAsync), "A person or a tool acts, from outside.");
        var work = new AuditWork(options?.Actor, act, kind, target, options?.Reason);
        await Engine.Lanes.AskAsync(work, work.Done, cancellationToken);
    }

    private static ActOutcome Outcome(SagaRun run) => new(run.Instance.Id, run.Instance.Version, run.Instance.Status, run.Refused);

    private ActPreview Preview(SagaPlan plan, SagaInstance saga, SagaRow row, SagaAct act, string? reason)
    {
        SagaInput? input = null;
        var preview = Foresight(plan, saga, row).Of(act, at => input = ActInputs.Of(plan, at, act, reason, Engine.Serializer));
        return input is SagaInput.StateEdited edited && preview.Refused is null ? preview with { State = Json(StateCodec.Shown(plan, StateCodec.Write(plan, edited.State, Engine.Serializer), Engine.Serializer)) } : preview;
    }

    private ActForesight Foresight(SagaPlan plan, SagaInstance saga, SagaRow row) => new(plan, saga, Engine.Now, RouteOf)
    {
        IsStranded = row.Incarnation == SagaRow.OfNobodyWhoKnowsIt && row.Status == SagaStatus.Parked,
        IsAnothers = row.Incarnation is { } incarnation && incarnation != Store.Incarnation,
    };

    private (string Command, string Service) RouteOf(Type command)
    {
        var route = Engine.Model.RouteOf(command);
        return (route.Contract.Name, route.Service);
    }

    private static JsonElement Json(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}
