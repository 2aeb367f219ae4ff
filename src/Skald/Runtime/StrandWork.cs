using Skald.Messaging;
using Skald.Storage;

namespace Skald.Runtime;

/// <summary>Parks a saga whose version no process knows that lives.</summary>
/// <param name="saga">The saga.</param>
/// <param name="until">What was seen is not true any more after this: it is looked for again.</param>
internal sealed class StrandWork(Guid saga, DateTimeOffset until) : Work
{
    public override int? Affinity => new SagaId(saga).GetHashCode();

    public override bool ComesAgain => true;

    public override void AddKeys(LoadRequest request, EventRouting routing) => request.Sagas.Add(saga);

    public override ValueTask ApplyAsync(BatchRun run)
    {
        if (run.Now <= until && run.Sagas.Stranger(new SagaId(saga)) is { } stranger)
        {
            run.Sagas.Strand(stranger);
        }

        return default;
    }
}
