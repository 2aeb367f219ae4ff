using Microsoft.Extensions.Hosting;

namespace Skald.ServiceHost;

/// <summary>
/// Gives memory back when the process has come to rest. Whoever has no work allocates nothing, so the collector does not look, and what a crowd of
/// connections has left behind would be kept until somebody works again.
/// </summary>
/// <param name="time">The clock of its looks.</param>
internal sealed class MemoryAtRest(TimeProvider time) : BackgroundService
{
    private const double Rest = 0.05; // Of a processor.
    private const double Grown = 1.05;

    private static readonly TimeSpan LooksEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Work = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(LooksEvery, time);
        var used = Environment.CpuUsage.TotalTime;
        var (usedThen, kept) = (used, Environment.WorkingSet);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var before = used;
            used = Environment.CpuUsage.TotalTime;
            if (used - before < LooksEvery * Rest && used - usedThen > Work && Environment.WorkingSet > kept * Grown)
            {
                // Nobody waits meanwhile.
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                (usedThen, kept) = (used, Environment.WorkingSet);
            }
        }
    }
}
