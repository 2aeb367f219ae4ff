namespace Skald.Runtime;

/// <summary>
/// The lanes of a service. One commit for many is cheaper than many beside each other: so the first lane does what there is, for as long as it keeps
/// up. When more than it can commit at once waits, or something keeps it, the others take part: then what concerns one saga, stream or flow goes to one of them.
/// Which one never decides what is right: that is the store's, as it is between processes.
/// </summary>
internal sealed class Lanes
{
    private readonly Lane[] _lanes;
    private readonly int _room;
    private readonly int _most;

    public Lanes(ServiceEngine engine)
    {
        _room = engine.Options.BatchSize;
        _most = Math.Max(1, engine.Options.BatchSize / 2);
        _lanes = [.. Enumerable.Range(0, engine.Store.AllowsParallelUnits ? engine.Options.Lanes : 1).Select(_ => new Lane(engine))];
    }

    /// <summary>A call that takes suspiciously long, for people; null when none does.</summary>
    public string? Problem => _lanes.Select(lane => lane.Calls.Problem).FirstOrDefault(problem => problem is not null);

    /// <summary>Whether any of them has little before it.</summary>
    public bool HaveRoom => Array.Exists(_lanes, HasRoom);

    /// <summary>Work for what exists: it goes first.</summary>
    public void Add(Work work)
    {
        if (_lanes[0].IsKept)
        {
            Relieve();
        }

        Of(work).Add(work);
    }

    /// <summary>What a lane that is kept has not begun is done by others.</summary>
    public void Relieve()
    {
        foreach (var lane in _lanes)
        {
            while (lane.IsKept && Array.Exists(_lanes, other => !other.IsKept) && lane.TryGiveBack(out var work, out var isRequest))
            {
                if (isRequest)
                {
                    Of(work).AddRequest(work);
                }
                else
                {
                    Of(work).Add(work);
                }
            }
        }
    }

    /// <summary>Work that comes again by itself, if its lane has little before it.</summary>
    public void AddIfRoom(Work work)
    {
        if (Of(work) is var lane && HasRoom(lane))
        {
            lane.Add(work);
        }
    }

    /// <summary>New sagas and requests: they fill what room is left, which is how an overload slows its callers down.</summary>
    /// <param name="work">The work.</param>
    /// <param name="done">Ends when it is done.</param>
    /// <param name="cancellationToken">Gives it up: if its transaction has not begun, it is not done; otherwise it may be.</param>
    public async Task<T> AskAsync<T>(Work work, Task<T> done, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_lanes[0].IsKept)
        {
            Relieve();
        }

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

    /// <summary>Ends when every lane has taken up what it was given before.</summary>
    public Task PassAsync() => Task.WhenAll(_lanes.Select(lane => lane.PassAsync()));

    public void Wake() => Array.ForEach(_lanes, lane => lane.Wake());

    /// <summary>Runs until the engine stops; what was begun is finished.</summary>
    public Task RunAsync(Func<Func<Task>, Task> run) => Task.WhenAll(_lanes.Select(lane => run(lane.RunAsync)));

    public void Dispose() => Array.ForEach(_lanes, lane => lane.Calls.Dispose());

    private bool HasRoom(Lane lane) => lane.Waiting <= _room;

    private Lane Of(Work work)
    {
        var first = _lanes[0];
        if (_lanes.Length == 1 || (!first.IsKept && first.Waiting + first.Asked < _most))
        {
            return first;
        }

        var own = (uint)work.Affinity % (uint)_lanes.Length;
        for (var i = 0u; i < _lanes.Length; i++)
        {
            if (_lanes[(own + i) % (uint)_lanes.Length] is { IsKept: false } lane)
            {
                return lane;
            }
        }

        return _lanes[own];
    }

    private static async Task<bool> WithoutResultAsync(Task done)
    {
        await done;
        return true;
    }
}
