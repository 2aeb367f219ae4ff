namespace Skald.Runtime;

/// <summary>
/// What keeps a lane at the moment: the batch under way, since when, and what it concerns. Others look at it from any thread, to leave alone what it has
/// locked and to wait for what it brings.
/// </summary>
internal sealed class Occupation(TimeProvider time)
{
    // A slow handler, a row that another has locked: others need not wait behind it.
    private static readonly TimeSpan MayTake = TimeSpan.FromMilliseconds(50);

    private readonly List<PassedWork> _marks = [];
    private volatile int[] _concerns = [];

    // When the batch that is under way was begun; 0 between batches.
    private long _begunAt;

    /// <summary>Whether no batch is under way.</summary>
    public bool IsNone => Volatile.Read(ref _begunAt) == 0;

    /// <summary>Whether something keeps the lane in one batch.</summary>
    public bool IsLong => Volatile.Read(ref _begunAt) is var begun and not 0 && time.GetElapsedTime(begun) > MayTake;

    /// <summary>Whether it is long, and may concern this.</summary>
    public bool IsLongWith(int affinity) => IsLong && Array.IndexOf(_concerns, affinity) >= 0;

    /// <summary>A batch begins.</summary>
    /// <param name="concerns">The affinities of its work; none where there is no other lane.</param>
    public void Begins(int[] concerns)
    {
        _concerns = concerns;
        Volatile.Write(ref _begunAt, time.GetTimestamp());
    }

    /// <summary>Somebody wants to hear when it ends. Called by the lane, as are begin and end.</summary>
    public void Marks(PassedWork mark) => _marks.Add(mark);

    /// <summary>It has ended.</summary>
    /// <param name="well">Whether all of it is done.</param>
    public void Ends(bool well)
    {
        Volatile.Write(ref _begunAt, 0);
        _marks.ForEach(mark => mark.Pass(well));
        _marks.Clear();
    }
}
