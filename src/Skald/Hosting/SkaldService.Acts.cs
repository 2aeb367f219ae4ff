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
    /// <param name="cancellationToken">Gives the wait up.</param>
    /// <exception cref="KeyNotFoundException">There is no such saga.</exception>
    /// <exception cref="SagaVersionUnknownException">It runs a version that this process does not know.</exception>
    /// <exception cref="ArgumentException">The act names a step or an event that its definition does not have, or holds what cannot be read.</exception>
    public async Task<ActPreview> PreviewAsync(SagaId saga, SagaAct act, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(act);
        var row = await Store.Operations.FindSagaAsync(saga.Value, cancellationToken)
            ?? throw MissingSaga.Why(Name, saga, await Store.Operations.FindRemovedAsync(saga.Value, cancellationToken));
        var plan = Engine.Model.FindPlan(row.Definition, row.PlanVersion) ?? throw MissingSaga.Unknown(Name, row);
        var instance = SagaCodec.FromRow(plan, row, Engine.Serializer, out var problem) ?? throw new ArgumentException($"Saga {saga} cannot be read: {problem}", nameof(saga));
        return Preview(plan, instance, act, Engine.Now);
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
            Actor = options?.Actor ?? "somebody",
            Reason = options?.Reason,
            Act = act.Name,
        };
        return await Engine.Lanes.AskAsync(work, work.Done, cancellationToken);
    }

    private static ActOutcome Outcome(SagaRun run) => new(run.Instance.Id, run.Instance.Version, run.Instance.Status, run.Refused);

    private ActPreview Preview(SagaPlan plan, SagaInstance saga, SagaAct act, DateTimeOffset now)
    {
        var input = ActInputs.Of(plan, saga, act, null, Engine.Serializer);
        var preview = new ActForesight(plan, saga, now, RouteOf).Of(act, input);
        return input is SagaInput.StateEdited edited && preview.Refused is null ? preview with { State = Json(StateCodec.Write(plan, edited.State, Engine.Serializer)) } : preview;
    }

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
