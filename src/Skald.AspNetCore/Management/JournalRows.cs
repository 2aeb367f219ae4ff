namespace Skald.Management;

/// <summary>The stored rows of a saga's journal, of which each has the lines of one transaction. Stores do not count them: there are about as many as the saga was written.</summary>
internal sealed class JournalRows(SkaldOperations operations, SagaId saga)
{
    /// <summary>Whether there is a row with this many before it.</summary>
    public async Task<bool> HasAsync(int row, CancellationToken cancellationToken) => (await operations.TimelineAsync(saga, row, 1, cancellationToken)).Count > 0;

    /// <summary>How many there are. A good guess takes two looks, any other a few more.</summary>
    /// <param name="least">So many there are.</param>
    /// <param name="guess">As many as there may be.</param>
    /// <param name="cancellationToken">Abandons the reading.</param>
    public async Task<int> CountAsync(int least, long guess, CancellationToken cancellationToken)
    {
        var (from, to, step, look) = (least, int.MaxValue, 1, (int)Math.Clamp(guess, least, int.MaxValue / 2));
        while (from < to)
        {
            if (await HasAsync(look, cancellationToken))
            {
                from = look + 1;
            }
            else
            {
                to = look;
            }

            // In growing steps around the guess until it lies between two looks, then halfway.
            look = to is int.MaxValue ? (int)Math.Min((long)from + step - 1, int.MaxValue - 1) : from == least ? Math.Max(to - step, from) : from + ((to - from) / 2);
            step *= 2;
        }

        return from;
    }
}
