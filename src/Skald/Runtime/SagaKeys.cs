using Skald.Definition;
using Skald.Storage;

namespace Skald.Runtime;

/// <summary>Business keys of which not as many sagas may have one as there are: a saga holds a lock on its own, from its start to its end or for ever.</summary>
internal static class SagaKeys
{
    private const string OwnerPrefix = "saga ";

    /// <summary>A new saga takes its key.</summary>
    /// <returns>Why it may not start; null when it may.</returns>
    /// <exception cref="SagaConcurrencyException">Whoever had it has freed it meanwhile: try again.</exception>
    public static async ValueTask<SagaExistsException?> TakeAsync(BatchRun run, SagaPlan plan, SagaId id, object state)
    {
        if (plan.KeyUse == KeyUse.Many || plan.Key?.Invoke(state) is not { } given)
        {
            return null;
        }

        var key = SagaCodec.Key(given);
        // A definition's name is on one line: no other name and key read the same.
        var name = $"saga {plan.Name}\n{key}";
        if (await run.Keys.TryTakeAsync(name, OwnerOf(id.Value), run.Now))
        {
            return null;
        }

        var owner = await run.Keys.OwnerAsync(name) ?? throw new SagaConcurrencyException($"The key '{key}' of saga '{plan.Name}' was freed meanwhile.");
        return new SagaExistsException(plan.Name, key, new SagaId(Guid.Parse(owner[OwnerPrefix.Length..])));
    }

    /// <summary>A saga has ended: the next may have its key, if one after the other may.</summary>
    public static void Free(BatchRun run, SagaPlan plan, SagaRow ended)
    {
        if (plan.KeyUse == KeyUse.OneAtATime && ended.BusinessKey is not null)
        {
            run.Changes.ReleasedOwners.Add(OwnerOf(ended.Id));
        }
    }

    // Not the saga itself, which may hold locks of its own.
    private static string OwnerOf(Guid saga) => $"{OwnerPrefix}{saga}";
}
