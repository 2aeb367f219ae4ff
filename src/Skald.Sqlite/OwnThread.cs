using System.Collections.Concurrent;

namespace Skald.Sqlite;

/// <summary>
/// Does one thing after the other on a thread of its own. SQLite's calls block, while they write to the disk and while another
/// process writes to the file: the pool has few threads, and sagas wait for those.
/// </summary>
internal sealed class OwnThread : IDisposable
{
    private readonly BlockingCollection<Action> _work = [];

    public OwnThread(string name) => new Thread(Run) { IsBackground = true, Name = name }.Start();

    /// <summary>Ends when it is done, with what it returns or throws.</summary>
    public Task<T> RunAsync<T>(Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
            try
            {
                done.SetResult(work());
            }
            catch (Exception exception)
            {
                done.SetException(exception);
            }
        });
        return done.Task;
    }

    /// <summary>Ends the thread once it has done what it was given.</summary>
    public void Dispose() => _work.CompleteAdding();

    private void Run()
    {
        foreach (var work in _work.GetConsumingEnumerable())
        {
            work();
        }

        _work.Dispose();
    }
}
