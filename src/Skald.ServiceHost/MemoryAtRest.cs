using Microsoft.Extensions.Hosting;

namespace Skald.ServiceHost;

/// <summary>
/// Gives memory back when the process has come to rest. Whoever has no work allocates nothing, so the collector does not look, and what a crowd of
/// connections has left behind would be kept until somebody works again.
/// </summary>
/// <param name="time">The clock of its looks.</param>
internal sealed class MemoryAtRest(TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan LooksEvery = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var rest = new RestWatch();
        using var timer = new PeriodicTimer(LooksEvery, time);
        var used = Environment.CpuUsage.TotalTime;
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var before = used;
            used = Environment.CpuUsage.TotalTime;
            var resident = Environment.WorkingSet;
            if (rest.Wants((used - before) / LooksEvery, resident, time.GetTimestamp()))
            {
                var begun = time.GetTimestamp();
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                rest.Gave(resident, Environment.WorkingSet, begun, time.GetTimestamp());
                used = Environment.CpuUsage.TotalTime;
            }
        }
    }
}
