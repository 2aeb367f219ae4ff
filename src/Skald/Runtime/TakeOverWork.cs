using Skald.Decisions;
using Skald.Messaging;
using Skald.Storage;

namespace Skald.Runtime;

/// <summary>Sends once more what a saga has open, and has it from now on. Nothing is lost when this fails: it is found again.</summary>
/// <param name="saga">The saga.</param>
/// <param name="of">The instance that had its open commands and is gone; null when this instance had them.</param>
/// <param name="unsent">What this instance has to send again.</param>
internal sealed class TakeOverWork(Guid saga, long? of, UnsentSagas unsent) : Work
{
    private int _seen;

    public override int? Affinity => new SagaId(saga).GetHashCode();

    public override void AddKeys(LoadRequest request, EventRouting routing) => request.Sagas.Add(saga);

    public override async ValueTask ApplyAsync(BatchRun run)
    {
        _seen = unsent.Times(saga);
        if ((of is null && _seen == 0) || run.Sagas.Find(new SagaId(saga)) is not { } found || (of is not null && found.LoadedIncarnation != of))
        {
            // It was sent meanwhile, has ended, or somebody was first: what is known to be unsent stays so.
            _seen = of is null ? _seen : 0;
            return;
        }

        if (found.IsStranded)
        {
            await run.Sagas.UnstrandAsync(found);
            return;
        }

        run.Sagas.Claim(found);
        if (!found.HasSent || !found.IsAnothers)
        {
            // What comes in the same batch may have sent all that another had open already.
            await run.Sagas.DecideAsync(found, new SagaInput.TakenOver());
        }
    }

    public override async ValueTask<bool> RecordFaultAsync(BatchRun run, Exception exception)
    {
        if (exception is LocalStepException)
        {
            // The local code that it led to.
            await ApplyAsync(run);
            return true;
        }

        if (WakeWork.Passes(exception) || run.Sagas.Find(new SagaId(saga)) is not { } found)
        {
            return false;
        }

        // Left as it is, it would fail again at every look.
        await run.Sagas.DecideAsync(found, new SagaInput.Broken(exception.Message));
        return true;
    }

    public override void Committed(Aftermath after) => unsent.Remove(saga, _seen);
}
