namespace Skald.Runtime;

/// <summary>Sagas whose open commands this process has to send again: the transport did not take them, or whoever had them is gone.</summary>
internal sealed class UnsentSagas
{
    private readonly Lock _lock = new();
    private readonly HashSet<Guid> _ids = [];

    public bool IsEmpty
    {
        get
        {
            lock (_lock)
            {
                return _ids.Count == 0;
            }
        }
    }

    public void Add(IEnumerable<Guid> sagas)
    {
        lock (_lock)
        {
            _ids.UnionWith(sagas);
        }
    }

    /// <summary>Takes some out; whoever takes them sees to it that they are sent.</summary>
    public List<Guid> Take(int limit)
    {
        lock (_lock)
        {
            List<Guid> taken = [.. _ids.Take(limit)];
            _ids.ExceptWith(taken);
            return taken;
        }
    }
}
