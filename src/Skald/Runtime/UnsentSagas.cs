namespace Skald.Runtime;

/// <summary>Sagas whose open commands this instance has to send again: the transport did not take them, or nobody knows whether their commit happened.</summary>
internal sealed class UnsentSagas
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, int> _ids = [];

    // Those of them, and some that were sent meanwhile; each once.
    private readonly HashSet<Guid> _queued = [];
    private readonly Queue<Guid> _order = new();

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
            foreach (var saga in sagas)
            {
                _ids[saga] = _ids.GetValueOrDefault(saga) + 1;
                if (_queued.Add(saga))
                {
                    _order.Enqueue(saga);
                }
            }
        }
    }

    /// <summary>Some of them, those first that have waited longest. They stay until they are sent.</summary>
    public List<Guid> Next(int limit)
    {
        lock (_lock)
        {
            var next = new List<Guid>();
            for (var looks = _order.Count; looks > 0 && next.Count < limit; looks--)
            {
                var saga = _order.Dequeue();
                if (_ids.ContainsKey(saga))
                {
                    _order.Enqueue(saga);
                    next.Add(saga);
                }
                else
                {
                    _queued.Remove(saga);
                }
            }

            return next;
        }
    }

    /// <summary>How often it was found unsent since it was sent last; 0 when there is nothing to send.</summary>
    public int Times(Guid saga)
    {
        lock (_lock)
        {
            return _ids.GetValueOrDefault(saga);
        }
    }

    /// <summary>It is decided, in a commit, that what it has open is sent once more.</summary>
    /// <param name="saga">The saga.</param>
    /// <param name="times">How often it had been found unsent when that was decided: what came later stays.</param>
    public void Remove(Guid saga, int times)
    {
        lock (_lock)
        {
            if (_ids.GetValueOrDefault(saga) == times)
            {
                _ids.Remove(saga);
            }
        }
    }
}
