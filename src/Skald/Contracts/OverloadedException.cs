namespace Skald;

/// <summary>The service has more to do than it can: a start or a request was refused before anything of it was begun.</summary>
/// <param name="service">The service.</param>
/// <param name="why">What there is too much of.</param>
/// <param name="retryAfter">See <see cref="RetryAfter"/>.</param>
public sealed class OverloadedException(string service, string why, TimeSpan retryAfter) : Exception($"Service '{service}' is overloaded: {why}. Nothing was begun; try again in {retryAfter.TotalSeconds:0} s.")
{
    /// <summary>When it may be worth trying again.</summary>
    public TimeSpan RetryAfter { get; } = retryAfter;
}
