namespace Skald.RabbitMq;

/// <summary>
/// Turns tags that are dealt with into as few acknowledgements as possible: one for an unbroken run from the oldest on,
/// and one each for those behind a gap, which may stay open for long.
/// </summary>
internal sealed class AckPrefix
{
    private readonly HashSet<ulong> _ahead = [];
    private ulong _all;

    /// <summary>Acknowledge everything up to <c>UpTo</c>, and the single ones besides.</summary>
    public (ulong? UpTo, IReadOnlyList<ulong> Single) Add(List<ulong> tags)
    {
        tags.Sort();
        ulong? upTo = null;
        var taken = 0;
        while (true)
        {
            if (taken < tags.Count && tags[taken] <= _all + 1)
            {
                if (tags[taken] == _all + 1)
                {
                    // Only a tag that is still open may end a run: the broker takes an unknown one for an error.
                    upTo = ++_all;
                }

                taken++;
            }
            else if (_ahead.Remove(_all + 1))
            {
                _all++;
            }
            else
            {
                break;
            }
        }

        if (taken == tags.Count)
        {
            return (upTo, []);
        }

        var single = tags.Skip(taken).Where(_ahead.Add).ToList();
        return (upTo, single);
    }
}
