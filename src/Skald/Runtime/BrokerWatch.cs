using Skald.Messaging;

namespace Skald.Runtime;

/// <summary>
/// Whether the broker is away: what it was given is not confirmed, and it is out of reach or does not answer. One that answers is there, whatever it refuses.
/// </summary>
/// <param name="transport">Asked, when there is doubt.</param>
/// <param name="underWay">Where doubt comes from.</param>
/// <param name="setup">The service.</param>
/// <param name="isBack">Called when it may be back: whoever waits looks again.</param>
internal sealed class BrokerWatch(ITransport transport, UnderWay underWay, ServiceSetup setup, Action isBack)
{
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BelievedFor = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AsksAgainAfter = TimeSpan.FromMilliseconds(500);

    private int _isAsking;

    // By the machine's steady count.
    private long _believedUntil;

    /// <summary>Whether it is away, or is being asked because it may be.</summary>
    public bool IsAway
    {
        get
        {
            if (!underWay.IsInDoubt || setup.Time.GetTimestamp() < Volatile.Read(ref _believedUntil))
            {
                return false;
            }

            if (Interlocked.Exchange(ref _isAsking, 1) == 0)
            {
                _ = AskUntilItAnswersAsync();
            }

            return true;
        }
    }

    /// <summary>Whether it can be reached and answers.</summary>
    public async Task<bool> AnswersAsync()
    {
        try
        {
            if (transport.Problem is not null)
            {
                return false;
            }

            var answer = transport.ProbeAsync(setup.Stopping);
            // It may fail when nobody waits for it any more.
            _ = answer.ContinueWith(late => late.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            await answer.WaitAsync(AnswersWithin, setup.Time, setup.Stopping);
            return true;
        }
        catch (Exception)
        {
            return false;
        }
    }

    private async Task AskUntilItAnswersAsync()
    {
        await Task.Yield();
        while (underWay.IsInDoubt && !setup.IsStopping && !await AnswersAsync())
        {
            await setup.PauseAsync(AsksAgainAfter);
        }

        // In this order: who sees that nobody asks any more sees why, and is told to look again in any case.
        Volatile.Write(ref _believedUntil, setup.Time.GetTimestamp() + (long)(BelievedFor.TotalSeconds * setup.Time.TimestampFrequency));
        Volatile.Write(ref _isAsking, 0);
        isBack();
    }
}
