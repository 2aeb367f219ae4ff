namespace Skald.ServiceHost;

/// <summary>Decides when a process gives memory back: it rests, has more than it had at rest, and has not stood still for this for long. At its first rest it gives back what its start has left.</summary>
internal sealed class RestWatch
{
    private const int RestingLooks = 3;
    private const double Resting = 0.05;
    private const double Grown = 1.2;
    private const double Helped = 0.9;

    // A collection stops everybody who comes meanwhile: for one part in so many of the time at most.
    private const int MayStand = 100;

    private long? _usual;
    private int _rests;
    private long _notBefore = long.MinValue;

    /// <param name="busy">The part of a processor that was used since the last look.</param>
    /// <param name="has">What is resident, in bytes.</param>
    /// <param name="now">By any steady count.</param>
    public bool Wants(double busy, long has, long now)
    {
        _rests = busy < Resting ? _rests + 1 : 0;
        return _rests >= RestingLooks && (_usual is null || has > _usual * Grown) && now >= _notBefore;
    }

    /// <summary>Memory was given back. Where that was not worth it, what is left is in use, and usual from now on.</summary>
    public void Gave(long had, long has, long begun, long now)
    {
        _usual = has > had * Helped ? has : Math.Min(_usual ?? has, has);
        _notBefore = now + (MayStand * (now - begun));
    }
}
