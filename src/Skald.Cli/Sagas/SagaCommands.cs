using System.CommandLine;
using System.Text.Json;
using Skald.Cli.Commands;
using Skald.Cli.Output;
using Skald.Management;

namespace Skald.Cli.Sagas;

/// <summary><c>skald sagas</c>: looking at sagas. What is done to them is in <see cref="SagaActs"/>.</summary>
internal static class SagaCommands
{
    private const string QueryHelp =
        "Which, such as 'status:parked saga:create-order step:\"authorize card\" age:>10m 4711'. There are status:, saga:, service:, step:, age:, key: and id:; a word alone is an id or a key.";

    public static Option<string?> WhereOption()
    {
        var where = new Option<string?>("--where", "-w") { Description = QueryHelp, HelpName = "QUERY" };
        where.CompletionSources.Add(SagaQueryText.StatusWords.Select(word => $"status:{word}").ToArray());
        return where;
    }

    public static Command Create(Terminal terminal) => SessionCommands.Of(
        "sagas", "Sagas: find them, see why they stand where they stand, and move them on.",
        [List(terminal), Count(terminal), Show(terminal), Timeline(terminal), SagaWatch.Create(terminal), Export(terminal), .. SagaActs.All(terminal)]);

    private static Command List(Terminal terminal)
    {
        var where = WhereOption();
        return Listing.Of(
            terminal, "Lists them, the latest started first.", "No sagas match.", SagaShapes.Items,
            (session, parsed, part, cancellationToken) => session.Management.SagasAsync(
                new SagaListQuery { Q = parsed.GetValue(where), Cursor = part.Cursor, Limit = part.Limit, Service = part.Service }, cancellationToken),
            where);
    }

    private static Command Count(Terminal terminal)
    {
        var where = WhereOption();
        var shape = new Shape<SagaCounts>(ManagementJson.Of<SagaCounts>(), counts => counts.All.ToString(), []);
        return new Command("count", "Counts them by status, each up to 10,000.") { where }.Does(terminal, async (session, parsed, cancellationToken) =>
        {
            var counts = await session.Management.CountSagasAsync(parsed.GetValue(where), cancellationToken);
            session.Lacks(counts.Missing);
            await session.Printer.OneAsync(shape, counts, page =>
            {
                foreach (var (status, count) in counts.ByStatus)
                {
                    page.Fact(status, count.ToString());
                }

                page.Fact("all", counts.All.ToString());
            });
            return await session.EndAsync();
        });
    }

    private static Command Show(Terminal terminal)
    {
        var saga = SagaArgument();
        return new Command("show", "Shows one: where it stands and why, its plan, its state, what can be done.") { saga }.Does(terminal, async (session, parsed, cancellationToken) =>
        {
            var detail = await DetailAsync(session, parsed.GetRequiredValue(saga), cancellationToken);
            await session.Printer.OneAsync(SagaShapes.Detail, detail, page => Write(page, detail, session.Now));
            return await session.EndAsync();
        });
    }

    private static Command Timeline(Terminal terminal)
    {
        var saga = SagaArgument();
        return new Command("timeline", "Prints what happened to one, oldest first.") { saga }.Does(terminal, async (session, parsed, cancellationToken) =>
        {
            var named = await SagaNames.FindAsync(session, parsed.GetRequiredValue(saga), cancellationToken);
            await session.Printer.ManyAsync(SagaShapes.Timeline, new SagaTimeline(session.Management, named).NewAsync(cancellationToken), cancellationToken);
            return await session.EndAsync();
        });
    }

    private static Command Export(Terminal terminal)
    {
        var selection = SagaSelection.Options();
        var command = new Command("export", "Prints all there is to know of each as a line of JSON, or as an array with -o json.");
        selection.AddTo(command);
        return command.Does(terminal, async (session, parsed, cancellationToken) =>
        {
            var sagas = await selection.ChooseAsync(session, parsed, cancellationToken);
            // What is kept is not for people's eyes.
            var printer = session.Printer.Format is OutputFormat.Table ? new Printer(session.Terminal, OutputFormat.Jsonl, noColour: true) : session.Printer;
            await printer.ManyAsync(SagaShapes.Export, EachAsync(), cancellationToken);
            return await session.EndAsync();

            async IAsyncEnumerable<SagaExport> EachAsync()
            {
                foreach (var saga in sagas)
                {
                    yield return new SagaExport(
                        await DetailAsync(session, saga.ToString(), cancellationToken),
                        await new SagaTimeline(session.Management, saga).NewAsync(cancellationToken).ToListAsync(cancellationToken),
                        await session.Management.ExchangesAsync(saga.Service, saga.Name, cancellationToken));
                }
            }
        });
    }

    public static Argument<string> SagaArgument() => new("saga") { Description = "The saga as SERVICE/ID, or its id or business key alone.", HelpName = "SAGA" };

    private static async Task<SagaDetail> DetailAsync(Session session, string text, CancellationToken cancellationToken)
    {
        var named = await SagaNames.FindAsync(session, text, cancellationToken);
        return await session.Management.FindSagaAsync(named.Service, named.Name, cancellationToken) ?? throw SagaNames.NotFound(text);
    }

    private static void Write(Page page, SagaDetail detail, DateTimeOffset now)
    {
        var saga = detail.Saga;
        page.Fact("saga", $"{saga.Service}/{saga.Id}")
            .Fact("definition", FormattableString.Invariant($"{saga.Definition}, version {saga.PlanVersion}"))
            .Fact("key", saga.Key)
            .Fact("summary", saga.Summary)
            .Fact("status", saga.Status)
            .Fact("stands", detail.Headline)
            .Fact("why", saga.Why)
            .Fact("failed", saga.Failure is { } failure ? $"{saga.FailedStep}: {failure.Type}: {failure.Message}" : null)
            .Fact("parked", saga.ParkReason)
            .Fact("damaged", saga.Damage)
            .Fact("started", Words.Moment(saga.StartedAt, now))
            .Fact("changed", Words.Moment(saga.UpdatedAt, now))
            .Fact("ended", Words.Moment(saga.EndedAt, now))
            .Fact("looks again", Words.Moment(saga.NextAt, now))
            .Fact("held", saga.Hold)
            .Fact("version", Words.Number(saga.Version));
        foreach (var link in detail.Links)
        {
            page.Fact(link.Text, link.Address);
        }

        page.Rows("Plan", SagaShapes.Plan(now), detail.Plan)
            .Json("State", detail.State is { } state ? JsonText.Indented(state, ManagementJson.Of<JsonElement>()) : null)
            .Fact("state", detail.StateHidden)
            .Rows("What can be done", SagaShapes.Offers, detail.Acts);
    }
}
