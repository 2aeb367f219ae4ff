namespace Skald.Messaging.Tables;

/// <summary>A queue that sleeps while it is empty: other processes are told first, and notify this one.</summary>
/// <param name="name">Its full name.</param>
/// <param name="time">The clock of its naps.</param>
public sealed class SleepingQueue(string name, TimeProvider time) : BrokerQueue(name)
{
    // A sender looks for sleepers just before it commits: one that fell asleep in between would not be seen. Short naps
    // first, so that such a message waits milliseconds, and a long one for what no rule foresees.
    private static readonly TimeSpan[] Naps = [TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(30), TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(1)];
    private int _naps;
    private long _since;
    private bool _asleep;
    private bool _fallsAsleep;

    /// <inheritdoc/>
    public override bool FallsAsleep => _fallsAsleep;

    /// <inheritdoc/>
    public override TimeSpan? NapLeft => _asleep ? Naps[Math.Clamp(_naps - 1, 0, Naps.Length - 1)] - time.GetElapsedTime(_since) : null;

    /// <inheritdoc/>
    public override bool WantsLook => HasBacklog || FallsAsleep || NapLeft <= TimeSpan.Zero;

    /// <inheritdoc/>
    public override void Looked(bool saidSo)
    {
        if (saidSo || _asleep)
        {
            (_asleep, _fallsAsleep) = (true, false);
            (_naps, _since) = (Math.Min(_naps + 1, Naps.Length), time.GetTimestamp());
        }
        else if (!HasBacklog)
        {
            _fallsAsleep = true;
        }
    }

    /// <inheritdoc/>
    protected override void WakeUp() => (_asleep, _fallsAsleep, HasBacklog, _naps) = (false, false, true, 0);
}
