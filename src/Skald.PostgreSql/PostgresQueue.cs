using System.Diagnostics;
using Skald.Messaging.Tables;

namespace Skald.PostgreSql;

/// <summary>A queue that sleeps while it is empty: other processes are told first, and notify this one.</summary>
internal sealed class PostgresQueue(string name) : BrokerQueue(name)
{
    // A sender looks for sleepers just before it commits: one that fell asleep in between would not be seen. Short naps
    // first, so that such a message waits milliseconds, and a long one for what no rule foresees.
    private static readonly int[] NapsMilliseconds = [5, 30, 200, 1000];
    private int _naps;
    private long _napEnds;
    private bool _asleep;

    /// <summary>Nothing was found: say so to the others, then look once more.</summary>
    public bool FallsAsleep { get; private set; }

    /// <summary>How long it may sleep on; null when it does not sleep.</summary>
    public TimeSpan? NapLeft => _asleep ? Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), _napEnds) : null;

    public override bool WantsLook => HasBacklog || FallsAsleep || NapLeft <= TimeSpan.Zero;

    /// <summary>The database was asked for messages.</summary>
    /// <param name="saidSo">Whether the others were told, in the same transaction, that this process is about to sleep.</param>
    public void Looked(bool saidSo)
    {
        if (saidSo || _asleep)
        {
            (_asleep, FallsAsleep) = (true, false);
            var nap = NapsMilliseconds[Math.Min(_naps++, NapsMilliseconds.Length - 1)];
            _napEnds = Stopwatch.GetTimestamp() + (nap * Stopwatch.Frequency / 1000);
        }
        else if (!HasBacklog)
        {
            FallsAsleep = true;
        }
    }

    public void WakeUp() => (_asleep, FallsAsleep, HasBacklog, _naps) = (false, false, true, 0);
}
