using System.Collections.Concurrent;

namespace Skald.Runtime;

/// <summary>
/// The outbox rows that this process has given to its transport: until it has deleted them, or the transport has given
/// them up, they are not sent again, however long a broker that is away keeps them waiting.
/// </summary>
internal sealed class OutboxUnderWay
{
    // From several threads: the lanes', and those that the transport ends a send on.
    private readonly ConcurrentDictionary<Guid, bool> _ids = new();

    public void Add(IReadOnlyList<Guid> ids)
    {
        foreach (var id in ids)
        {
            _ids[id] = true;
        }
    }

    public bool Has(Guid id) => _ids.ContainsKey(id);

    public void Remove(IReadOnlyList<Guid> ids)
    {
        foreach (var id in ids)
        {
            _ids.TryRemove(id, out _);
        }
    }
}
