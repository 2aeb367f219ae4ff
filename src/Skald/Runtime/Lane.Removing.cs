namespace Skald.Runtime;

// What nobody needs any more. Between batches, a few rows at a time, so that nobody notices.
internal sealed partial class Lane
{
    private const int MostRemovedAtOnce = 500;
    private static readonly TimeSpan RemovingPause = TimeSpan.FromMinutes(1);
    private DateTimeOffset _removesAt;

    private async Task RemoveOldAsync(DateTimeOffset now)
    {
        if (now < _removesAt || engine.Store.Retention is not { } retention)
        {
            return;
        }

        _removesAt = now + RemovingPause;
        var removed = await retention.RemoveRequestsAsync((now - engine.Options.RequestsKeptFor).ToUnixTimeMilliseconds(), MostRemovedAtOnce, CancellationToken.None);
        if (removed == MostRemovedAtOnce)
        {
            // There is more, and the lane looks at what is due in between.
            _removesAt = now;
            CheckDue();
        }
    }
}
