namespace Skald.PostgreSql;

/// <summary>
/// Opens connections one after the other, however many are wanted at once. Each costs the server a process, which has to learn of every table again: many at
/// once take everything it has, when it has just come back and all want one. Whoever waits gets one, mostly, that somebody has given back meanwhile.
/// </summary>
internal static class OneByOne
{
    // Something in front of the server may keep the one whose turn it is, while others could have what is free.
    private static readonly TimeSpan WaitsAtMost = TimeSpan.FromMilliseconds(250);

    /// <param name="turn">Of those that are to be opened one by one; for one at a time.</param>
    /// <param name="open">Gives one that is free, or opens another.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async ValueTask<T> OpenAsync<T>(SemaphoreSlim turn, Func<CancellationToken, ValueTask<T>> open, CancellationToken cancellationToken)
    {
        var isTurn = await turn.WaitAsync(WaitsAtMost, cancellationToken).ConfigureAwait(false);
        try
        {
            return await open(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (isTurn)
            {
                turn.Release();
            }
        }
    }
}
