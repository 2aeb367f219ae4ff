using System.CommandLine;
using Skald.Cli.Output;
using Skald.Management;

namespace Skald.Cli.Commands;

/// <summary><c>skald top</c>: how much the services do, drawn again and again on a terminal.</summary>
internal static class TopCommand
{
    // The other screen of a terminal, so that what was on it is there again afterwards.
    private const string OtherScreen = "\u001b[?1049h\u001b[?25l";
    private const string FirstScreen = "\u001b[?25h\u001b[?1049l";
    private const string Cleared = "\u001b[H\u001b[J";

    private static readonly TimeSpan s_usualInterval = TimeSpan.FromSeconds(2);

    private static readonly Shape<MetricsReport> s_shape = new(ManagementJson.Of<MetricsReport>(), report => string.Join('\n', report.Services.Select(service => service.Service)), []);

    private static readonly Column<ServiceMetrics>[] s_columns =
    [
        new("service", s => s.Service) { Rank = 0 },
        Number("running", 0, s => Open(s, "running")),
        Number("compensating", 3, s => Open(s, "compensating")),
        Number("parked", 0, s => Open(s, "parked")),
        Number("started/min", 1, s => PerMinute(s, point => point.Started)),
        Number("completed/min", 1, s => PerMinute(s, point => point.Completed)),
        Number("compensated/min", 4, s => PerMinute(s, point => point.Compensated)),
        Number("dead/min", 5, s => PerMinute(s, point => point.DeadLettered)),
        Number("p50", 3, s => Words.Seconds(s.P50Seconds)),
        Number("p95", 6, s => Words.Seconds(s.P95Seconds)),
        Number("p99", 2, s => Words.Seconds(s.P99Seconds)),
        Number("outbox", 4, s => s.Outbox?.ToString()),
        Number("lag", 5, s => s.ProjectionLagSeconds.Count is 0 ? "" : Words.Seconds(s.ProjectionLagSeconds.Values.Max())),
    ];

    public static Command Create(Terminal terminal)
    {
        var every = new Option<TimeSpan?>("--every")
        {
            Description = "How often it is drawn, such as 1s; 2s unless set.",
            HelpName = "TIME",
            CustomParser = result =>
            {
                if (When.TryReadSpan(result.Tokens[0].Value, out var span) && span >= TimeSpan.FromMilliseconds(200) && span <= TimeSpan.FromHours(1))
                {
                    return span;
                }

                result.AddError($"'{result.Tokens[0].Value}' is no interval. Give it like 1s or 1m, from 200ms to 1h.");
                return null;
            },
        };
        return new Command("top", "Shows how much the services do, live on a terminal. In a pipe it prints once, and with -o jsonl again and again.") { every }
            .Does(terminal, (session, parsed, cancellationToken) => RunAsync(session, parsed.GetValue(every) ?? s_usualInterval, cancellationToken));
    }

    private static async Task<int> RunAsync(Session session, TimeSpan every, CancellationToken cancellationToken)
    {
        var isLive = session.Printer.Format is OutputFormat.Table && session.Terminal.OutIsTerminal;
        if (!isLive && session.Printer.Format is not OutputFormat.Jsonl)
        {
            await PrintAsync(session, await AskAsync(session, cancellationToken));
            return await session.EndAsync();
        }

        using var timer = new PeriodicTimer(every, session.Terminal.Time);
        try
        {
            await session.Terminal.Out.WriteAsync(isLive ? OtherScreen : "");
            do
            {
                var report = await AskAsync(session, cancellationToken);
                await session.Terminal.Out.WriteAsync(isLive ? Cleared : "");
                await PrintAsync(session, report);
            }
            while (await timer.WaitForNextTickAsync(cancellationToken));
        }
        finally
        {
            await session.Terminal.Out.WriteAsync(isLive ? FirstScreen : "");
            await session.Terminal.Out.FlushAsync(CancellationToken.None);
        }

        return await session.EndAsync();
    }

    private static async Task<MetricsReport> AskAsync(Session session, CancellationToken cancellationToken)
    {
        var report = await session.Management.MetricsAsync(cancellationToken);
        session.Lacks(report.Missing);
        return report;
    }

    private static Task PrintAsync(Session session, MetricsReport report) => session.Printer.OneAsync(s_shape, report, page =>
    {
        page.Fact("server", session.Server.Shown)
            .Fact("at", Words.Moment(report.At))
            .Fact("missing", string.Join(", ", report.Missing.Select(missing => missing.Service)))
            .Rows("Services", s_columns, report.Services);
    });

    private static Column<ServiceMetrics> Number(string name, int rank, Func<ServiceMetrics, string?> text) => new(name, text) { Rank = rank, IsNumber = true };

    private static string Open(ServiceMetrics service, string status) => service.Open.TryGetValue(status, out var count) ? count.ToString() : "0";

    /// <summary>Over what the series holds, at most the last minute.</summary>
    private static string PerMinute(ServiceMetrics service, Func<MetricPoint, long> of)
    {
        if (service.Series is not [.., var last])
        {
            return "";
        }

        return Words.Number(service.Series.Where(point => point.At > last.At.AddMinutes(-1)).Sum(of));
    }
}
