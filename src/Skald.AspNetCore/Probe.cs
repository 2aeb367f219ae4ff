namespace Skald;

/// <summary>Asks whether a service can do its work. However many ask, its database and its broker are asked once at a time; one that does not answer is not asked again until it has.</summary>
internal sealed class Probe(SkaldService service)
{
    public static readonly TimeSpan MayTake = TimeSpan.FromSeconds(1);

    // What is known already is told before whoever asks gives up.
    private static readonly TimeSpan MayTakeInOutage = TimeSpan.FromMilliseconds(500);

    private readonly Question _database = new("database", () => service.Operations.ProbeAsync());
    private readonly Question _broker = new("broker", () => service.Transport.ProbeAsync(CancellationToken.None));

    public string Service => service.Name;

    /// <summary>Asks database and broker themselves, because an engine that is idle would not know yet; and then the engine, which may have seen the end of an outage meanwhile.</summary>
    /// <returns>Null when all is well.</returns>
    public async Task<string?> ProblemAsync(CancellationToken cancellationToken)
    {
        var patience = service.Outage is null ? MayTake : MayTakeInOutage;
        var broker = _broker.ProblemAsync(patience, cancellationToken);
        return await _database.ProblemAsync(patience, cancellationToken) ?? await broker ?? service.Outage;
    }

    private sealed class Question(string whom, Func<Task> ask)
    {
        private readonly Lock _lock = new();
        private Task? _asking;

        public async Task<string?> ProblemAsync(TimeSpan patience, CancellationToken cancellationToken)
        {
            try
            {
                await AskAsync().WaitAsync(patience, cancellationToken);
                return null;
            }
            catch (TimeoutException)
            {
                return $"its {whom} does not answer";
            }
            catch (Exception) when (!cancellationToken.IsCancellationRequested)
            {
                return $"its {whom} cannot be used";
            }
        }

        private Task AskAsync()
        {
            lock (_lock)
            {
                // Some databases' calls keep their thread.
                return _asking = _asking is { IsCompleted: false } ? _asking : Task.Run(ask);
            }
        }
    }
}
