namespace Skald.Management;

/// <summary>
/// Remembers the acts that were asked for under a key, so that a repeat gets the first answer. It is this process's memory: after a restart, and for one that is
/// older than ten thousand others, it is the version that an act names which keeps it from being done twice.
/// </summary>
internal sealed class ActMemory
{
    private const int Most = 10_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (string Fingerprint, Task<ActResult> Answer)> _known = [];
    private readonly Queue<string> _order = new();

    /// <exception cref="ManagementException">The key was used for something else.</exception>
    public async Task<ActResult> OnceAsync(string? key, string fingerprint, Func<Task<ActResult>> act)
    {
        if (key is null)
        {
            return await act();
        }

        var answer = new TaskCompletionSource<ActResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (Begin(key, fingerprint, answer.Task) is { } first)
        {
            return await first with { Repeated = true };
        }

        try
        {
            var result = await act();
            answer.SetResult(result);
            return result;
        }
        catch (Exception exception)
        {
            // Nothing was done, or nobody knows: the next one may try.
            Forget(key);
            answer.SetException(exception);
            // Whoever waits for it sees it; nobody has to.
            _ = answer.Task.Exception;
            throw;
        }
    }

    /// <returns>The first one's answer; null for the first one.</returns>
    private Task<ActResult>? Begin(string key, string fingerprint, Task<ActResult> answer)
    {
        lock (_lock)
        {
            if (_known.TryGetValue(key, out var known))
            {
                return known.Fingerprint == fingerprint ? known.Answer : throw Refusals.KeyUsedBefore(key[(key.IndexOf(' ', StringComparison.Ordinal) + 1)..]);
            }

            _known[key] = (fingerprint, answer);
            _order.Enqueue(key);
            while (_order.Count > Most)
            {
                _known.Remove(_order.Dequeue());
            }

            return null;
        }
    }

    private void Forget(string key)
    {
        lock (_lock)
        {
            _known.Remove(key);
        }
    }
}
