using System.CommandLine;
using Skald.Cli.Output;
using Skald.Management;

namespace Skald.Cli.Commands;

/// <summary><c>skald processes</c> and <c>audit</c>, beside <c>jobs</c>.</summary>
internal static class RecordCommands
{
    public static IReadOnlyList<Command> All(Terminal terminal) =>
    [
        SessionCommands.Of("processes", "The processes that serve, and those that are gone.", Processes(terminal)),
        SessionCommands.Of("audit", "What people did.", Audit(terminal)),
        JobCommands.Of(terminal),
    ];

    private static Command Processes(Terminal terminal) => Listing.Of(
        terminal, "Lists them, by service.", "There are no processes.", ProcessShape, async (session, _, part, cancellationToken) =>
        {
            var page = await session.Management.ProcessesAsync(cancellationToken);
            return part.Service is null ? page : page with { Items = [.. page.Items.Where(item => item.Service == part.Service)] };
        });

    private static Command Audit(Terminal terminal)
    {
        var actor = new Option<string?>("--actor") { Description = "Who did it.", HelpName = "NAME" };
        var act = new Option<string?>("--act") { Description = "What was done, such as skip.", HelpName = "ACT" };
        var kind = new Option<string?>("--kind") { Description = "To what: saga, dead-letter, job or projection.", HelpName = "KIND" };
        var target = new Option<string?>("--target") { Description = "To which one.", HelpName = "ID" };
        return Listing.Of(
            terminal, "Lists it, the latest first.", "Nobody did anything.", _ => s_audit,
            (session, parsed, part, cancellationToken) => session.Management.AuditAsync(
                new AuditListQuery
                {
                    Actor = parsed.GetValue(actor), Act = parsed.GetValue(act), Kind = parsed.GetValue(kind), Target = parsed.GetValue(target),
                    Service = part.Service, Cursor = part.Cursor, Limit = part.Limit,
                }, cancellationToken),
            actor, act, kind, target);
    }

    private static Shape<ProcessItem> ProcessShape(DateTimeOffset now) => new(
        ManagementJson.Of<ProcessItem>(), process => FormattableString.Invariant($"{process.Service}/{process.Instance}"),
        [
            new("process", p => FormattableString.Invariant($"{p.Service}/{p.Instance}")) { Rank = 0 },
            new("lives", p => p.Lives ? "yes" : "no") { Rank = 0 },
            new("name", p => p.Name),
            new("since", p => p.Since is { } since ? When.Ago(since, now) : "") { Rank = 2 },
            new("gone", p => p.GoneAt is { } gone ? When.Ago(gone, now) : "") { Rank = 2 },
            new("knows", p => p.Plans is null ? "all definitions" : string.Join(", ", p.Plans)) { Rank = 3, Wraps = true },
        ]);

    private static readonly Shape<AuditItem> s_audit = new(
        ManagementJson.Of<AuditItem>(), item => FormattableString.Invariant($"{item.Service}/{item.Number}"),
        [
            new("at", a => Words.Moment(a.At)) { Rank = 0 },
            new("by", a => a.Actor ?? "nobody known") { Rank = 0 },
            new("act", a => a.Act) { Rank = 0 },
            new("to", a => $"{a.Kind} {a.Target}"),
            new("service", a => a.Service) { Rank = 4 },
            new("outcome", a => a.Outcome) { Rank = 2, Wraps = true },
            new("reason", a => a.Reason) { Rank = 3, Wraps = true },
        ]);
}
