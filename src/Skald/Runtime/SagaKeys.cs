using Skald.Definition;
using Skald.Storage;

namespace Skald.Runtime;

/// <summary>Which sagas have a business key. Where not as many may have one as there are, a saga holds a lock on its own, from its start to its end or for ever.</summary>
internal static class SagaKeys
{
    private const string OwnerPrefix = "saga ";
    private const int Few = 10;

    // One that is parked or resumed between two looks is in one of them.
    private static readonly SagaStatus[] Open = [SagaStatus.Parked, SagaStatus.Compensating, SagaStatus.Running, SagaStatus.Parked];

    /// <summary>The sagas of a definition that have a key and have not ended, the latest first; where none has, the latest that had it.</summary>
    /// <param name="operations">Where they are looked for, as they were committed last.</param>
    /// <param name="definition">The definition's name.</param>
    /// <param name="key">The key.</param>
    /// <param name="most">The most.</param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    public static async ValueTask<IReadOnlyList<SagaRow>> FindAsync(IOperations operations, string definition, string key, int most, CancellationToken cancellationToken)
    {
        var filter = new InstanceFilter { Definition = definition, Key = SagaCodec.Key(key) };
        var latest = await operations.SagasAsync(filter, null, Few, cancellationToken);
        List<SagaRow> open = [.. latest.Where(row => !row.Status.IsFinal())];
        // Mostly these were all. If not, some that are open may be older than all of them.
        if (latest.Count == Few && open.Count < most)
        {
            foreach (var status in Open)
            {
                open.AddRange(await operations.SagasAsync(filter with { Statuses = [(int)status] }, null, most, cancellationToken));
            }
        }

        return open.Count == 0 ? [.. latest.Take(1)] : [.. open.DistinctBy(row => row.Id).OrderByDescending(row => row.StartedAt).Take(most)];
    }

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
