using System.CommandLine;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Skald.Cli.Output;
using Skald.Management;

namespace Skald.Cli.Commands;

/// <summary><c>skald streams</c> and <c>projections</c>.</summary>
internal static class EventCommands
{
    private static readonly Shape<StreamEvent> s_events = new(
        ManagementJson.Of<StreamEvent>(), e => e.Position,
        [
            new("version", e => Words.Number(e.Version)) { Rank = 0, IsNumber = true },
            new("at", e => Words.Moment(e.At)) { Rank = 0 },
            new("event", e => e.Type) { Rank = 0 },
            new("by", e => e.Actor) { Rank = 3 },
            new("body", e => e.Body is { } body ? JsonText.Line(body, ManagementJson.Of<JsonElement>()) : e.BodyHidden) { Wraps = true },
        ]);

    public static IReadOnlyList<Command> All(Terminal terminal) =>
    [
        SessionCommands.Of("streams", "The histories of aggregates.", Show(terminal)),
        SessionCommands.Of(
            "projections", "What is made from events.", ListProjections(terminal),
            Act(terminal, "retry", "Tries again at once what it stands still at.", (session, named, terms, _, cancellationToken) => session.Management.RetryProjectionAsync(named.Service, named.Name, terms, cancellationToken)),
            Act(terminal, "skip", "Leaves out the one event at which it stands still, for good.", (session, named, terms, reason, cancellationToken) => SkipAsync(session, named, terms, reason, cancellationToken)),
            Act(terminal, "rebuild", "Begins to build it anew, beside its live rows.", (session, named, terms, _, cancellationToken) => session.Management.RebuildProjectionAsync(named.Service, named.Name, terms, cancellationToken))),
    ];

    private static Command Show(Terminal terminal)
    {
        var (service, aggregate, id) = (new Argument<string>("service") { HelpName = "SERVICE" }, new Argument<string>("aggregate") { HelpName = "AGGREGATE" }, new Argument<string>("id") { HelpName = "ID" });
        return new Command("show", "Prints what happened to one aggregate, oldest first.") { service, aggregate, id }.Does(terminal, async (session, parsed, cancellationToken) =>
        {
            var events = AllAsync(session, parsed.GetRequiredValue(service), parsed.GetRequiredValue(aggregate), parsed.GetRequiredValue(id), cancellationToken);
            await session.Printer.ManyAsync(s_events, events, cancellationToken);
            return await session.EndAsync();
        });
    }

    private static async IAsyncEnumerable<StreamEvent> AllAsync(Session session, string service, string aggregate, string id, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (long? next = 0; next is { } after;)
        {
            var history = await session.Management.StreamAsync(service, aggregate, id, after, cancellationToken: cancellationToken)
                ?? throw new CliException(ExitCode.NotFound, $"There is no {aggregate} '{id}'.", $"{service} has no events of it.", "See what services there are: skald services list");
            foreach (var e in history.Events)
            {
                yield return e;
            }

            next = history.Next > after ? history.Next : null;
        }
    }

    private static Command ListProjections(Terminal terminal) => Listing.Of(
        terminal, "Lists them, by service and name.", "There are no projections.", _ => Projections,
        async (session, _, part, cancellationToken) => Of(part.Service, await session.Management.ProjectionsAsync(cancellationToken)));

    private static Page<ProjectionItem> Of(string? service, Page<ProjectionItem> page) => service is null ? page : page with { Items = [.. page.Items.Where(item => item.Service == service)] };

    private static Command Act(Terminal terminal, string name, string description, Func<Session, Named, ActTerms, string?, CancellationToken, Task<ProjectionItem>> act)
    {
        var (projection, asking) = (new Argument<string>("projection") { Description = "The projection as SERVICE/NAME.", HelpName = "PROJECTION" }, Asking.Options());
        var command = new Command(name, description) { projection };
        asking.AddTo(command);
        return command.Does(terminal, async (session, parsed, cancellationToken) =>
        {
            asking.DemandAnswer(session.Terminal, parsed, readsInput: false);
            var named = Named.Parse(parsed.GetRequiredValue(projection), "projection");
            await session.SayAsync($"On {session.Server.Shown}:");
            var item = await FindAsync(session, named, cancellationToken);
            await session.SayAsync(PlainText.Of($"{name} {named}: {item.State}. {item.Why}"));
            if (asking.IsDryRun(parsed))
            {
                return await session.EndAsync();
            }

            if (!await asking.AgreesAsync(session.Terminal, parsed, $"{name} this projection?", cancellationToken))
            {
                return ExitCode.Failed;
            }

            var after = await act(session, named, new ActTerms { Key = session.Terminal.NewKey() }, asking.Reason(parsed), cancellationToken);
            await session.Printer.ManyAsync(Projections, [after], cancellationToken);
            return await session.EndAsync();
        });
    }

    /// <summary>The event is named, so that another one is not left out should it have gone on meanwhile.</summary>
    private static async Task<ProjectionItem> SkipAsync(Session session, Named named, ActTerms terms, string? reason, CancellationToken cancellationToken)
    {
        var at = (await FindAsync(session, named, cancellationToken)).StopsAt
            ?? throw new CliException(ExitCode.Refused, $"{named}: no event was skipped.", "It does not stand still.", "skald projections list");
        return await session.Management.SkipEventAsync(named.Service, named.Name, new ProjectionSkip { Position = at, Reason = reason }, terms, cancellationToken);
    }

    private static async Task<ProjectionItem> FindAsync(Session session, Named named, CancellationToken cancellationToken)
    {
        var page = await session.Management.ProjectionsAsync(cancellationToken);
        return page.Items.FirstOrDefault(item => item.Service == named.Service && item.Name == named.Name)
            ?? throw new CliException(
                page.Missing.Count is 0 ? ExitCode.NotFound : ExitCode.Failed, $"There is no projection '{named}'.",
                page.Missing.Count is 0 ? "No service has it." : "Not every service has answered.", "skald projections list");
    }

    private static Shape<ProjectionItem> Projections { get; } = new(
        ManagementJson.Of<ProjectionItem>(), projection => $"{projection.Service}/{projection.Name}",
        [
            new("projection", p => $"{p.Service}/{p.Name}") { Rank = 0 },
            new("state", p => p.State) { Rank = 0, Colour = p => Words.Colour(p.State) },
            new("behind", p => p.LagEvents.ToString()) { Rank = 2, IsNumber = true },
            new("rebuild", p => p.Rebuild is { } rebuild ? $"{rebuild.State} {Words.Number(rebuild.Done)}/{Words.Number(rebuild.Total)}" : "") { Rank = 3 },
            new("why", p => p.Problem ?? p.Why) { Wraps = true },
        ]);
}
