using System.Diagnostics;

namespace Skald.PostgreSql;

/// <summary>What this process knows of a queue.</summary>
internal sealed class BrokerQueue(string name)
{
    // A sender looks for sleepers just before it commits: one that fell asleep in between would not be seen. Short naps
    // first, so that such a message waits milliseconds, and a long one for what no rule foresees.
    private static readonly int[] NapsMilliseconds = [5, 30, 200, 1000];
    private int _naps;
    private long _napEnds;

    public string Name => name;

    /// <summary>The row's id; 0 until it is known.</summary>
    public int Id { get; set; }

    public List<BrokerSubscription> Consumers { get; } = [];

    /// <summary>Whether the database may hold messages for whoever takes them first. While it does, new ones queue up behind them.</summary>
    public bool HasBacklog { get; set; } = true;

    /// <summary>Whether other processes know that they have to notify this one.</summary>
    public bool Asleep { get; private set; }

    /// <summary>Nothing was found: say so to the others, then look once more.</summary>
    public bool FallsAsleep { get; set; }

    public void SleepOn()
    {
        (Asleep, FallsAsleep) = (true, false);
        var nap = NapsMilliseconds[Math.Min(_naps++, NapsMilliseconds.Length - 1)];
        _napEnds = Stopwatch.GetTimestamp() + (nap * Stopwatch.Frequency / 1000);
    }

    public void WakeUp()
    {
        (Asleep, FallsAsleep, HasBacklog, _naps) = (false, false, true, 0);
    }

    /// <summary>How long it may sleep on; null when it does not sleep.</summary>
    public TimeSpan? NapLeft => Asleep ? Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), _napEnds) : null;

    public BrokerSubscription? WithMostRoom()
    {
        BrokerSubscription? best = null;
        foreach (var consumer in Consumers)
        {
            if (consumer.Room > 0 && (best is null || consumer.Room > best.Room))
            {
                best = consumer;
            }
        }

        return best;
    }
}
