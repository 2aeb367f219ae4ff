namespace Skald;

/// <summary>How many may follow a <see cref="LiveFeed"/>, and how closely.</summary>
public sealed record LiveFeedOptions
{
    /// <summary>How often the source is asked for changes, once for all who listen.</summary>
    /// <value>10 milliseconds to 1 minute; 200 milliseconds unless set.</value>
    public TimeSpan LookEvery { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How many listen at most, in this process. Others are answered with 503 and asked to come back.</summary>
    /// <value>1 to 1,000,000; 1,000 unless set.</value>
    public int Listeners { get; init; } = 1000;

    /// <summary>How many of them come from one address at most, or from one /64 of IPv6. Behind a proxy all have its address, unless the application has UseForwardedHeaders: raise it there.</summary>
    /// <value>1 to 1,000,000; 100 unless set: offices share an address.</value>
    public int ListenersPerAddress { get; init; } = 100;

    /// <exception cref="ArgumentOutOfRangeException">One of them is out of its range.</exception>
    internal LiveFeedOptions Checked()
    {
        OptionRange.Between(LookEvery, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1), nameof(LiveFeedOptions));
        OptionRange.Between(Listeners, 1, 1_000_000, nameof(LiveFeedOptions));
        OptionRange.Between(ListenersPerAddress, 1, 1_000_000, nameof(LiveFeedOptions));
        return this;
    }
}
