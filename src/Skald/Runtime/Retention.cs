using Skald.Storage;

namespace Skald.Runtime;

/// <summary>Removes what nobody needs any more, a few rows at a time, so that nobody notices.</summary>
/// <param name="retention">Removes it; null when the store keeps everything.</param>
/// <param name="requestsKeptFor">How long answers to requests are kept.</param>
internal sealed class Retention(IRetention? retention, TimeSpan requestsKeptFor)
{
    private const int MostAtOnce = 500;
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);
    private DateTimeOffset _next;

    /// <summary>Removes some, if it is time.</summary>
    /// <returns>Whether there is more.</returns>
    public async ValueTask<bool> RemoveAsync(DateTimeOffset now)
    {
        if (now < _next || retention is null)
        {
            return false;
        }

        var removed = await retention.RemoveRequestsAsync((now - requestsKeptFor).ToUnixTimeMilliseconds(), MostAtOnce, CancellationToken.None);
        var more = removed == MostAtOnce;
        _next = more ? now : now + Pause;
        return more;
    }
}
