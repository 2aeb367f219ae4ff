using System.CommandLine;
using Skald.Cli.Output;
using Skald.Management;

namespace Skald.Cli.Commands;

/// <summary><c>skald flows</c>.</summary>
internal static class FlowCommands
{
    private static readonly Shape<FlowDetail> s_detail = new(ManagementJson.Of<FlowDetail>(), flow => $"{flow.Flow.Service}/{flow.Flow.Id}", []);

    private static readonly IReadOnlyList<Column<FlowEventInfo>> s_events =
    [
        new("event", e => e.Event) { Rank = 0 },
        new("role", e => e.Role),
        new("by", e => e.By) { Rank = 2 },
        new("seen", e => e.At is { } at ? Words.Moment(at) : "") { Rank = 0 },
    ];

    public static Command Create(Terminal terminal) => SessionCommands.Of("flows", "Flows: what services do by reacting to each other's events.", List(terminal), Show(terminal));

    private static Command List(Terminal terminal)
    {
        var status = new Option<string?>("--status") { Description = "running, stuck, completed or undone.", HelpName = "STATUS" };
        status.AcceptOnlyFromAmong("running", "stuck", "completed", "undone");
        var flow = new Option<string?>("--flow") { Description = "The declaration's name.", HelpName = "NAME" };
        return Listing.Of(
            terminal, "Lists them, the latest started first.", "No flows match.", Items,
            (session, parsed, part, cancellationToken) => session.Management.FlowsAsync(
                new FlowListQuery { Status = parsed.GetValue(status), Flow = parsed.GetValue(flow), Service = part.Service, Cursor = part.Cursor, Limit = part.Limit }, cancellationToken),
            status, flow);
    }

    private static Command Show(Terminal terminal)
    {
        var flow = new Argument<string>("flow") { Description = "The flow as SERVICE/ID.", HelpName = "FLOW" };
        return new Command("show", "Shows one: its events, what it waits for, what happened.") { flow }.Does(terminal, async (session, parsed, cancellationToken) =>
        {
            var named = Named.Parse(parsed.GetRequiredValue(flow), "flow");
            var detail = await session.Management.FindFlowAsync(named.Service, named.Name, cancellationToken)
                ?? throw new CliException(ExitCode.NotFound, $"There is no flow '{named}'.", "Its service does not have it.", "skald flows list");
            session.Lacks(detail.Missing);
            await session.Printer.OneAsync(s_detail, detail, page => Write(page, detail, session.Now));
            return await session.EndAsync();
        });
    }

    private static Shape<FlowItem> Items(DateTimeOffset now) => new(
        ManagementJson.Of<FlowItem>(), flow => $"{flow.Service}/{flow.Id}",
        [
            new("id", f => $"{f.Service}/{f.Id}") { Rank = 0 },
            new("status", f => f.Status) { Rank = 0, Colour = f => Words.Colour(f.Status) },
            new("flow", f => f.Flow) { Rank = 2 },
            new("started", f => When.Ago(f.StartedAt, now)) { Rank = 3 },
            new("why", f => f.Why) { Wraps = true },
        ]);

    private static void Write(Page page, FlowDetail detail, DateTimeOffset now)
    {
        var flow = detail.Flow;
        page.Fact("flow", $"{flow.Service}/{flow.Id}")
            .Fact("declaration", flow.Flow)
            .Fact("status", flow.Status)
            .Fact("why", flow.Why)
            .Fact("started", Words.Moment(flow.StartedAt, now))
            .Fact("changed", Words.Moment(flow.UpdatedAt, now))
            .Fact("overdue", Words.Moment(flow.NextAt, now))
            .Rows("Events", s_events, detail.Events)
            .Rows("Waits for", Waits(now), detail.Waits)
            .Rows("What happened", Sagas.SagaShapes.Timeline.Columns, detail.Timeline);
    }

    private static IReadOnlyList<Column<FlowWaitInfo>> Waits(DateTimeOffset now) =>
    [
        new("any of", w => string.Join(", ", w.Expected.Select(e => e.Event))) { Rank = 0 },
        new("from", w => string.Join(", ", w.Expected.Select(e => e.By).Distinct())),
        new("after", w => w.After),
        new("since", w => When.Ago(w.Since, now)),
        new("due", w => w.Due is { } due ? When.Ago(due, now) : "never"),
    ];
}
