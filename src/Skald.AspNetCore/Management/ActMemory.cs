using Skald.Storage;

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

    /// <param name="key">The key; null for an act that nobody will repeat.</param>
    /// <param name="fingerprint">By which a repeat is told from another act.</param>
    /// <param name="act">Does it. It goes on when whoever asked waits no longer: a repeat gets its answer.</param>
    /// <param name="cancellationToken">Gives the wait up.</param>
    /// <exception cref="ManagementException">The key was used for something else, or nobody knows what came of the first attempt.</exception>
    public Task<ActResult> OnceAsync(string? key, string fingerprint, Func<Task<ActResult>> act, CancellationToken cancellationToken)
    {
        if (key is null)
        {
            return act().WaitAsync(cancellationToken);
        }

        var answer = new TaskCompletionSource<ActResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        return (Begin(key, fingerprint, answer.Task) is { } first ? RepeatedAsync(first) : FirstAsync(key, answer, act)).WaitAsync(cancellationToken);
    }

    private static async Task<ActResult> RepeatedAsync(Task<ActResult> first)
    {
        try
        {
            return await first with { Repeated = true };
        }
        catch (Exception exception) when (IsOpen(exception))
        {
            throw Refusals.NobodyKnows(exception);
        }
    }

    private async Task<ActResult> FirstAsync(string key, TaskCompletionSource<ActResult> answer, Func<Task<ActResult>> act)
    {
        try
        {
            var result = await act();
            answer.SetResult(result);
            return result;
        }
        catch (Exception exception)
        {
            if (!IsOpen(exception))
            {
                // Nothing was done: the next one may try.
                Forget(key);
            }

            answer.SetException(exception);
            // Whoever waits for it sees it; nobody has to.
            _ = answer.Task.Exception;
            throw;
        }
    }

    /// <summary>Whether it may have been done all the same.</summary>
    private static bool IsOpen(Exception exception) => exception is OperationCanceledException or StoreUnavailableException or TimeoutException;

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
