using Skald.Storage;

namespace Skald.Runtime;

/// <summary>Why a saga that is asked for by its id cannot be told anything.</summary>
internal static class MissingSaga
{
    /// <summary>What whoever asked for it is told.</summary>
    public static async ValueTask<Exception> WhyAsync(BatchRun run, SagaId id)
    {
        if (run.Sagas.Stranger(id) is { } stranger)
        {
            return new SagaVersionUnknownException(
                $"Saga {id} runs version {stranger.PlanVersion} of '{stranger.Definition}', which this process of service '{run.Service}' does not know. Ask a process that does.");
        }

        return new KeyNotFoundException(await run.FindRemovedAsync(id.Value) is { } removed
            ? $"Saga {id} of service '{run.Service}' ended on {UnixTime.To(removed.EndedAt):u}, and was removed on {UnixTime.To(removed.At):u}."
            : $"Service '{run.Service}' has no saga {id} that it could carry on.");
    }
}
