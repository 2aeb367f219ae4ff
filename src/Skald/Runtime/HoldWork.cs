using Skald.Decisions;
using Skald.Storage;

namespace Skald.Runtime;

/// <summary>A person keeps a saga from being removed, or does so no longer.</summary>
/// <param name="id">The saga.</param>
/// <param name="hold">Who, and why; null when it may go.</param>
/// <param name="actor">Who, for the timeline.</param>
/// <param name="reason">Why, for the timeline.</param>
internal sealed class HoldWork(SagaId id, string? hold, string? actor, string? reason) : Work
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Done => _done.Task;

    public override int? Affinity => id.GetHashCode();

    public override void AddKeys(LoadRequest request, EventRouting routing) => request.Sagas.Add(id.Value);

    public override async ValueTask ApplyAsync(BatchRun run)
    {
        if (run.Changes.RemovedSagas.Contains(id.Value) || run.Sagas.Find(id) is not { } saga)
        {
            throw await MissingSaga.WhyAsync(run, id);
        }

        await run.Sagas.UnstrandAsync(saga);
        saga.ActedOnBy(actor, reason);
        saga.Note([new JournalEntry(hold is null ? JournalKind.Released : JournalKind.Held, null, reason)]);
        saga.ActedOnBy(null, null);
        ActAudit.Write(run, actor ?? ActAudit.Somebody, hold is null ? "release" : "hold", AuditKinds.Saga, id.ToString(), reason, saga.Hold, hold);
        run.Sagas.Hold(saga, hold);
    }

    public override void Committed(Aftermath after) => _done.TrySetResult();

    public override void Abandon(Exception exception) => _done.TrySetException(exception);
}
