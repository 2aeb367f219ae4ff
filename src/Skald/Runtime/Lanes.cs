namespace Skald.Runtime;

/// <summary>
/// The lanes of a service. One commit for many is cheaper than many beside each other: so the first lane does what there is, for as long as it keeps
/// up. When too much waits for it, or something keeps it, the others take part: then what concerns one saga, stream or flow goes to one of them. Which one
/// never decides what is right: that is the store's, as it is between processes.
/// </summary>
internal sealed class Lanes
{
    private readonly Lane[] _lanes;
    private readonly int _room;
    private readonly int _most;
    private readonly ServiceSetup _setup;
    private readonly Lock _relieving = new();
    private readonly ITimer _refusals;
    private volatile bool _isSpread;

    private const int LooksInPatience = 8;

    /// <param name="setup">The service.</param>
    /// <param name="howMany">How many there are.</param>
    /// <param name="make">Makes one; told whether it is one of several.</param>
    public Lanes(ServiceSetup setup, int howMany, Func<bool, Lane> make)
    {
        _setup = setup;
        _room = setup.Options.BatchSize;
        _most = Math.Max(1, setup.Options.BatchSize / 2);
        _lanes = [.. Enumerable.Range(0, howMany).Select(_ => make(howMany > 1))];
        var look = setup.Options.RequestPatience / LooksInPatience;
        _refusals = setup.Time.CreateTimer(_ => Array.ForEach(_lanes, lane => lane.RefuseOverdue()), null, look, look);
    }

    /// <summary>Whether there is more than one.</summary>
    public bool AreSeveral => _lanes.Length > 1;

    /// <summary>A call that takes suspiciously long, for people; null when none does.</summary>
    public string? Problem => _lanes.Select(lane => lane.Calls.Problem).FirstOrDefault(problem => problem is not null);

    /// <summary>Whether they have little before them; one that is kept aside.</summary>
    public bool HaveRoom => Array.TrueForAll(_lanes, lane => HasRoom(lane) || (AreSeveral && lane.IsKept));

    /// <summary>Work for what exists: it goes first.</summary>
    public void Add(Work work)
    {
        RelieveFirst();
        Of(work).Add(work);
    }

    /// <summary>Whether one is kept, and what keeps it may concern this.</summary>
    public bool AreKeptWith(int affinity) => Array.Exists(_lanes, lane => lane.IsKeptWith(affinity));

    /// <summary>What a lane that is kept has not begun is done by others, but for what its batch concerns.</summary>
    public void Relieve()
    {
        if (_setup.IsStopping || !_relieving.TryEnter())
        {
            return;
        }

        try
        {
            foreach (var lane in _lanes.Where(lane => lane.IsKept && lane.Waiting + lane.Asked > 0))
            {
                if (Array.TrueForAll(_lanes, other => other.IsKept))
                {
                    return;
                }

                Move(lane.GiveBack());
            }
        }
        finally
        {
            _relieving.Exit();
        }
    }

    /// <summary>How many are in the middle of a transaction.</summary>
    public int Busy => _lanes.Count(lane => lane.IsBusy);

    /// <summary>How much waits for its turn.</summary>
    public int Waiting => _lanes.Sum(lane => lane.Waiting + lane.Asked);

    private void Move((List<Work> Work, List<Work> Requests) given)
    {
        foreach (var work in given.Work)
        {
            if (work is PassedWork mark)
            {
                // What came before it is elsewhere.
                mark.Pass(well: false);
            }
            else
            {
                Of(work).Add(work);
            }
        }

        given.Requests.ForEach(request => Of(request).AddRequest(request));
    }

    /// <summary>New sagas and requests: they fill what room is left, which is how an overload slows its callers down.</summary>
    /// <param name="work">The work.</param>
    /// <param name="done">Ends when it is done.</param>
    /// <param name="cancellationToken">Gives it up: if its transaction has not begun, it is not done; otherwise it may be.</param>
    public async Task<T> AskAsync<T>(Work work, Task<T> done, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        RelieveFirst();
        Of(work).AddRequest(work);
        try
        {
            return await done.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            work.IsGivenUp = true;
            throw;
        }
    }

    /// <inheritdoc cref="AskAsync{T}"/>
    public Task AskAsync(Work work, Task done, CancellationToken cancellationToken) => AskAsync(work, WithoutResultAsync(done), cancellationToken);

    /// <summary>Ends when every lane that is not kept is done with what it was given before.</summary>
    /// <returns>Whether they are; false when some of it failed or went elsewhere, and when something keeps all of several.</returns>
    public async Task<bool> PassAsync()
    {
        Relieve();
        Lane[] lanes = AreSeveral ? Array.FindAll(_lanes, lane => !lane.IsKept) : _lanes;
        return lanes.Length > 0 && Array.TrueForAll(await Task.WhenAll(lanes.Select(lane => lane.PassAsync())), well => well);
    }

    public void Wake() => Array.ForEach(_lanes, lane => lane.Wake());

    /// <summary>Adds work after a while, or when the service stops.</summary>
    public async Task AddAfterAsync(Work work, TimeSpan delay)
    {
        await _setup.PauseAsync(delay);
        Add(work);
    }

    /// <summary>Runs until the service stops; what was begun is finished.</summary>
    public Task RunAsync(Func<Func<Task>, Task> run) => Task.WhenAll(_lanes.Select(lane => run(lane.RunAsync)));

    public void Dispose()
    {
        _refusals.Dispose();
        Array.ForEach(_lanes, lane => lane.Calls.Dispose());
    }

    /// <summary>All work comes to the first lane unless it is kept: looking at it is enough here, and the others are looked at with what is due.</summary>
    private void RelieveFirst()
    {
        if (AreSeveral && _lanes[0].IsKept)
        {
            Relieve();
        }
    }

    private bool HasRoom(Lane lane) => lane.Waiting <= _room;

    private Lane Of(Work work)
    {
        if (!AreSeveral)
        {
            return _lanes[0];
        }

        var affinity = work.Affinity;
        // What a kept lane has locked would keep another, too.
        return (affinity is { } number ? Array.Find(_lanes, lane => lane.IsKeptWith(number)) : null) ?? (IsSpread() ? NextFree((uint)(affinity ?? 0)) : _lanes[0]);
    }

    /// <summary>Whether all take part: from when the first does not keep up until the others have nothing left.</summary>
    private bool IsSpread()
    {
        var first = _lanes[0];
        var keepsUp = !first.IsKept && first.Waiting + first.Asked < _most;
        if (_isSpread && keepsUp && Array.TrueForAll(_lanes, lane => lane == first || lane.IsIdle))
        {
            _isSpread = false;
        }
        else if (!keepsUp)
        {
            _isSpread = true;
        }

        return _isSpread;
    }

    private Lane NextFree(uint affinity)
    {
        for (var i = 0u; i < _lanes.Length; i++)
        {
            if (_lanes[(affinity + i) % (uint)_lanes.Length] is { IsKept: false } lane)
            {
                return lane;
            }
        }

        return _lanes[affinity % (uint)_lanes.Length];
    }

    private static async Task<bool> WithoutResultAsync(Task done)
    {
        await done;
        return true;
    }
}
