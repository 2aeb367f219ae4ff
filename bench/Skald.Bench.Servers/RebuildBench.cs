using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace Skald.Bench.Servers;

/// <summary>Rebuilds a projection of many events while its live rows are being read.</summary>
internal static class RebuildBench
{
    private const int Streams = 10_000;
    private const int Chunk = 100_000;
    private static readonly TimeSpan BetweenReads = TimeSpan.FromMilliseconds(2);

    public static async Task RunAsync(string events, string rows, int count)
    {
        await using var workload = await new EventWorkload(s =>
        {
            s.UsePostgreSql(events);
            s.AddProjection<PostgresMeterList>(p => p.UsePostgreSql(rows));
        }).StartAsync();
        var projection = workload.Service.Projection("meter_list");
        var caughtUp = Stopwatch.StartNew();
        await FillAsync(events, count);
        await EventWorkload.CurrentAsync(projection);
        Console.WriteLine($"{count:N0} events of {Streams:N0} streams on PostgreSQL; written by SQL and projected as they came, in {caughtUp.Elapsed.TotalSeconds:0.0} s");
        for (var round = 1; round <= 2; round++)
        {
            await RebuildAsync(projection, count);
        }
    }

    private static async Task RebuildAsync(ProjectionHandle projection, int count)
    {
        await File.WriteAllTextAsync("/proc/self/clear_refs", "5");
        var (before, early) = (Resident("VmRSS"), 0L);
        var cpu = CpuTimes.Now();
        using var stop = new CancellationTokenSource();
        var reading = ReadAsync(projection, stop.Token);
        var progress = new Progress(p => early = p.Done <= count / 4 ? Math.Max(early, Resident("VmRSS")) : early);
        var result = await projection.RebuildAsync(new RebuildOptions { Progress = progress });
        var used = CpuTimes.Now().Since(cpu);
        await stop.CancelAsync();
        var (reads, longest) = await reading;
        Console.WriteLine(
            $"rebuild: {result.Events / result.Elapsed.TotalSeconds:N0} events/s ({result.Elapsed.TotalSeconds:0.0} s; {used.Dotnet:0.0} s of .NET, {used.Postgres:0.0} s of PostgreSQL); " +
            $"rows {(result.Tables.All(t => t.Same) ? "identical" : "DIFFERENT")}; resident {before / 1024} MB before, at most {early / 1024} MB in the first quarter, {Resident("VmHWM") / 1024} MB at all; " +
            $"{reads:N0} reads of live rows meanwhile, none failed, the longest took {longest:0.0} ms");
    }

    /// <summary>Rows as appends would have written them: streams mixed, a hundred events to a transaction.</summary>
    private static async Task FillAsync(string events, int count)
    {
        await using var source = NpgsqlDataSource.Create(events);
        for (var from = 0; from < count; from += Chunk)
        {
            await using var command = source.CreateCommand(string.Create(CultureInfo.InvariantCulture, $$"""
                INSERT INTO bench_meters.skald_events (tx, stream, version, type, body, at, correlation, causation)
                SELECT shift + pg_current_xact_id()::text::bigint, 'meter/' || n % {{Streams}}, n / {{Streams}} + 1,
                    CASE WHEN n < {{Streams}} THEN 'METER_INSTALLED' ELSE 'METER_READ' END,
                    convert_to(CASE WHEN n < {{Streams}} THEN '{"place":"cellar, left of the door"}' ELSE '{"units":' || n % 97 || ',"reader":"reader 17"}' END, 'UTF8'),
                    1790000000000 + n, gen_random_uuid(), gen_random_uuid()
                FROM generate_series({{from}}, {{Math.Min(from + Chunk, count) - 1}}) AS n, bench_meters.skald_event_clock ORDER BY n
                """));
            await command.ExecuteNonQueryAsync();
        }

        await using var analyze = source.CreateCommand("VACUUM ANALYZE bench_meters.skald_events");
        await analyze.ExecuteNonQueryAsync();
    }

    /// <summary>Reads one live row after the other; every answer must be there.</summary>
    private static Task<(int Reads, double Longest)> ReadAsync(ProjectionHandle projection, CancellationToken stopped) => Task.Run(async () =>
    {
        var (reads, longest) = (0, 0.0);
        await using var connection = await projection.OpenAsync(CancellationToken.None);
        while (!stopped.IsCancellationRequested)
        {
            var watch = Stopwatch.StartNew();
            await using var command = connection.CreateCommand();
            command.CommandText = string.Create(CultureInfo.InvariantCulture, $"SELECT units FROM meters WHERE id = '{reads % Streams}'");
            _ = (long)(await command.ExecuteScalarAsync(CancellationToken.None) ?? throw new InvalidOperationException("A live row is missing."));
            longest = Math.Max(longest, watch.Elapsed.TotalMilliseconds);
            reads++;
            await Task.Delay(BetweenReads, TimeProvider.System, CancellationToken.None);
        }

        return (reads, longest);
    });

    /// <returns>Kilobytes.</returns>
    private static long Resident(string what) => long.Parse(
        File.ReadLines("/proc/self/status").Single(line => line.StartsWith(what, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2],
        CultureInfo.InvariantCulture);

    private sealed class Progress(Action<RebuildProgress> report) : IProgress<RebuildProgress>
    {
        public void Report(RebuildProgress value) => report(value);
    }
}
