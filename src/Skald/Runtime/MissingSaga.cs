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
            return Unknown(run.Service, stranger);
        }

        return Why(run.Service, id, await run.FindRemovedAsync(id.Value));
    }

    /// <summary>Likewise, where this process does not know its version.</summary>
    public static SagaVersionUnknownException Unknown(string service, SagaRow stranger) => new(
        $"Saga {new SagaId(stranger.Id)} runs version {stranger.PlanVersion} of '{stranger.Definition}', which this process of service '{service}' does not know. Ask a process that does.");

    /// <summary>Likewise, where there is none.</summary>
    /// <param name="service">The service.</param>
    /// <param name="id">The saga.</param>
    /// <param name="removed">What is known of it; null when nothing is.</param>
    public static KeyNotFoundException Why(string service, SagaId id, RemovedRow? removed) => new(removed is null
        ? $"Service '{service}' has no saga {id} that it could carry on."
        : $"Saga {id} of service '{service}' ended {((SagaStatus)removed.Status).Word()} on {UnixTime.To(removed.EndedAt):u}, and was removed on {UnixTime.To(removed.At):u}.");
}
