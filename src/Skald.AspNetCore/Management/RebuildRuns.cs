using System.Collections.Concurrent;

namespace Skald.Management;

/// <summary>The projections that are built anew in this process, because somebody asked for it here.</summary>
internal sealed class RebuildRuns
{
    private readonly ConcurrentDictionary<string, Run> _runs = new();

    public RebuildInfo? Of(string projection) => _runs.GetValueOrDefault(projection)?.Info;

    /// <returns>False when it is being built already.</returns>
    public bool TryBegin(ProjectionHandle projection, TimeProvider time)
    {
        var run = new Run(time);
        var current = _runs.AddOrUpdate(projection.Name, run, (_, before) => before.IsRunning ? before : run);
        if (current != run)
        {
            return false;
        }

        // Nobody waits for it: whoever looks sees how far it is.
        _ = run.BuildAsync(projection);
        return true;
    }

    private sealed class Run(TimeProvider time) : IProgress<RebuildProgress>
    {
        private readonly long _begun = time.GetTimestamp();
        private volatile RebuildInfo _info = new("running", 0, 0, 0);

        public RebuildInfo Info => _info;

        public bool IsRunning => _info.State == "running";

        public void Report(RebuildProgress value) => _info = new RebuildInfo("running", value.Done, value.Total, value.Elapsed.TotalSeconds);

        public async Task BuildAsync(ProjectionHandle projection)
        {
            try
            {
                var result = await projection.RebuildAsync(new RebuildOptions { Progress = this });
                _info = new RebuildInfo(result.Switched ? "switched" : "kept", result.Events, result.Events, result.Elapsed.TotalSeconds);
            }
            catch (Exception exception)
            {
                // What it is exactly is in the log of the projection.
                _info = _info with { State = "failed", Seconds = time.GetElapsedTime(_begun).TotalSeconds, Problem = exception is EventSourcing.UnknownEventException ? exception.Message : "Its database, or that of the events, failed; the old rows are still the live ones." };
            }
        }
    }
}
