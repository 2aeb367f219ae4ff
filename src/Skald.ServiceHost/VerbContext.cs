namespace Skald;

/// <summary>What a verb may use.</summary>
/// <param name="values">The parameters' values by name.</param>
/// <param name="service">The service, opened without serving.</param>
/// <param name="wait">How long to wait.</param>
/// <param name="time">The clock that waits.</param>
/// <param name="cancellationToken">Cancelled by Ctrl+C.</param>
public sealed class VerbContext(
    IReadOnlyDictionary<string, object?> values, SkaldService service, TimeSpan wait, TimeProvider time, CancellationToken cancellationToken)
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(25);

    /// <summary>The service, opened without serving: what is sent leaves when a process of it serves.</summary>
    public SkaldService Service { get; } = service;

    /// <summary>The container, for what reads the service's tables, such as an <c>IDbContextFactory</c>.</summary>
    /// <exception cref="InvalidOperationException">The context was made without one.</exception>
    public IServiceProvider Services
    {
        get => field ?? throw new InvalidOperationException("This context was made without a container. Contexts of verbs that people run have one.");
        init;
    }

    /// <summary>How long to wait: <c>--wait</c>, 30 seconds unless given.</summary>
    public TimeSpan Wait { get; } = wait;

    /// <summary>Cancelled by Ctrl+C.</summary>
    public CancellationToken CancellationToken { get; } = cancellationToken;

    /// <summary>A parameter's value: what was given, or its default.</summary>
    /// <exception cref="KeyNotFoundException">The verb has no such parameter.</exception>
    public T Get<T>(string name) => (T)values[name]!; // A required value is never null; T allows it for the others.

    /// <summary>Looks again and again until there is something, at most for <see cref="Wait"/>.</summary>
    /// <param name="look">Returns null as long as there is nothing.</param>
    /// <param name="waitedFor">Says what was still waited for, once the time is up.</param>
    /// <exception cref="RefusedException">The time is up.</exception>
    public async Task<T> WaitForAsync<T>(Func<Task<T?>> look, Func<Task<string>> waitedFor) where T : class
    {
        ArgumentNullException.ThrowIfNull(look);
        ArgumentNullException.ThrowIfNull(waitedFor);
        var began = time.GetTimestamp();
        using var timer = new PeriodicTimer(LookInterval, time);
        do
        {
            if (await look() is { } found)
            {
                return found;
            }
        }
        while (time.GetElapsedTime(began) < Wait && await timer.WaitForNextTickAsync(CancellationToken));

        throw new RefusedException(FormattableString.Invariant($"{await waitedFor()} Gave up waiting after {Wait.TotalSeconds:0.##} s."));
    }
}
