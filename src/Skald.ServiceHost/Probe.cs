namespace Skald.ServiceHost;

/// <summary>Asks whether a service can do its work. However many ask, its database is asked once at a time; one that does not answer is not asked again until it has.</summary>
internal sealed class Probe(SkaldService service)
{
    public static readonly TimeSpan MayTake = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private Task? _asking;

    public string Service => service.Name;

    /// <summary>Asks the engine, and the database itself: an engine that is idle would not know yet.</summary>
    /// <returns>Null when all is well.</returns>
    public async Task<string?> ProblemAsync(CancellationToken cancellationToken)
    {
        if (service.Outage is { } known)
        {
            return known;
        }

        try
        {
            await AskAsync().WaitAsync(MayTake, cancellationToken);
            return null;
        }
        catch (TimeoutException)
        {
            return "its database does not answer";
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return "its database cannot be read";
        }
    }

    private Task AskAsync()
    {
        lock (_lock)
        {
            // Some databases' calls keep their thread.
            return _asking = _asking is { IsCompleted: false } ? _asking : Task.Run(() => service.Operations.ProbeAsync());
        }
    }
}
