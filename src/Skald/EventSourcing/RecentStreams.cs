using System.Collections.Immutable;
using Skald.Storage;

namespace Skald.EventSourcing;

/// <summary>A stream's last version and state.</summary>
/// <param name="Stream">Its name.</param>
/// <param name="Version">The last event's.</param>
/// <param name="State">After it; null when there is none.</param>
/// <param name="SnapshotVersion">Of the last snapshot; 0 when there is none.</param>
/// <param name="Published">The last version that was published to each topic.</param>
internal sealed record LoadedStream(string Stream, long Version, object? State, long SnapshotVersion, ImmutableDictionary<string, long> Published);

/// <summary>
/// The streams that this process appended to last. While nobody else appends to them they need not be read again: that they are
/// still as they were is believed, and checked before the commit. Two generations: what was not appended to while the younger
/// one filled up is forgotten.
/// </summary>
internal sealed class RecentStreams(TimeProvider time)
{
    /// <summary>Of one generation. States are small by nature: they are folds that decide, not views.</summary>
    private const int MostStreams = 1000;

    private readonly Confidence _confidence = new(time);
    private readonly Lock _lock = new();
    private Dictionary<string, LoadedStream> _young = [];
    private Dictionary<string, LoadedStream> _old = [];

    public LoadedStream? Find(string stream)
    {
        lock (_lock)
        {
            return _confidence.IsGiven && (_young.TryGetValue(stream, out var loaded) || _old.TryGetValue(stream, out loaded)) ? loaded : null;
        }
    }

    /// <summary>What was committed.</summary>
    public void Keep(IEnumerable<LoadedStream> appended)
    {
        lock (_lock)
        {
            foreach (var loaded in appended)
            {
                _young[loaded.Stream] = loaded;
            }

            if (_young.Count > MostStreams)
            {
                (_old, _young) = (_young, []);
            }
        }
    }

    /// <summary>Somebody else has appended as well.</summary>
    public void Refute()
    {
        lock (_lock)
        {
            _confidence.Lose();
            (_old, _young) = ([], []);
        }
    }
}
