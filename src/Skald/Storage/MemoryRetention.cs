namespace Skald.Storage;

/// <summary>What an instance removes from the store in memory.</summary>
/// <param name="store">The store.</param>
/// <param name="incarnation">The instance's number.</param>
internal sealed class MemoryRetention(InMemoryStore store, Func<long> incarnation) : IRetention
{
    public ValueTask<bool> IsForThisInstanceAsync(CancellationToken cancellationToken) => new(store.IsFirst(incarnation()));

    public ValueTask<Ended> FindEndedAsync(EndedQuery query, CancellationToken cancellationToken) => new(store.FindEnded(query, incarnation()));

    public ValueTask<int> RemoveAsync(OldRows kind, long before, int limit, CancellationToken cancellationToken) => new(store.RemoveOld(kind, before, limit));
}
