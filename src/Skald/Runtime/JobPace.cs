namespace Skald.Runtime;

/// <summary>Lets so many go a second: the next one at its time, and no crowd of those that were kept.</summary>
/// <param name="setup">Whose clock it is, and when to stop.</param>
/// <param name="rate">How many a second.</param>
internal sealed class JobPace(ServiceSetup setup, double rate)
{
    private static readonly TimeSpan CatchesUp = TimeSpan.FromSeconds(1);

    private readonly TimeSpan _between = TimeSpan.FromSeconds(1 / rate);
    private long _begun = setup.Time.GetTimestamp();
    private TimeSpan _next;

    /// <summary>Waits for its time; no longer than until the service stops.</summary>
    public async Task NextAsync()
    {
        var now = setup.Time.GetElapsedTime(_begun);
        if (now > _next + CatchesUp)
        {
            // What took longer than that is not made up for.
            (_begun, _next, now) = (setup.Time.GetTimestamp(), TimeSpan.Zero, TimeSpan.Zero);
        }

        if (now < _next)
        {
            await setup.PauseAsync(_next - now);
        }

        _next += _between;
    }
}
