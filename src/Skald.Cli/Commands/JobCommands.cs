using System.CommandLine;
using Skald.Cli.Output;
using Skald.Management;

namespace Skald.Cli.Commands;

/// <summary><c>skald jobs</c>: acts on many sagas, which a service carries on by itself.</summary>
internal static class JobCommands
{
    private static readonly Shape<JobItem> s_jobs = new(
        ManagementJson.Of<JobItem>(), job => $"{job.Service}/{job.Id}",
        [
            new("job", j => $"{j.Service}/{j.Id}") { Rank = 0 },
            new("status", j => j.Status) { Rank = 0, Colour = j => Words.Colour(j.Status) },
            new("act", j => j.Act?.Act) { Rank = 0 },
            new("done", j => $"{Words.Number(j.Done)} of {j.Total}") { Rank = 2, IsNumber = true },
            new("refused", j => Words.Number(j.Refused)) { Rank = 3, IsNumber = true },
            new("failed", j => Words.Number(j.Failed)) { Rank = 3, IsNumber = true },
            new("by", j => j.Actor) { Rank = 4 },
            new("sagas", j => j.Q) { Rank = 5, Wraps = true },
            new("why", j => j.Why) { Wraps = true },
        ]);

    private static readonly Shape<JobLine> s_lines = new(
        ManagementJson.Of<JobLine>(), line => line.Saga,
        [
            new("number", l => Words.Number(l.Number)) { Rank = 0, IsNumber = true },
            new("saga", l => l.Saga) { Rank = 0 },
            new("outcome", l => l.Outcome) { Rank = 0, Colour = l => Words.Colour(l.Outcome) },
            new("at", l => Words.Moment(l.At)) { Rank = 3 },
            new("why", l => l.Detail) { Wraps = true },
        ]);

    public static Command Of(Terminal terminal) => SessionCommands.Of(
        "jobs", "Acts on many sagas at a rate.", List(terminal), Lines(terminal), Start(terminal),
        Move(terminal, "stop", "Ends one before it is through."), Move(terminal, "suspend", "Has one wait."), Move(terminal, "resume", "Has one that waits go on."));

    private static Command List(Terminal terminal)
    {
        var status = new Option<string?>("--status") { Description = "running, suspended, stopped or done.", HelpName = "STATUS" };
        status.AcceptOnlyFromAmong("running", "suspended", "stopped", "done");
        return Listing.Of(
            terminal, "Lists them, those begun last first.", "There are no jobs.", _ => s_jobs,
            (session, parsed, part, cancellationToken) => session.Management.JobsAsync(
                new JobListQuery { Status = parsed.GetValue(status), Service = part.Service, Cursor = part.Cursor, Limit = part.Limit }, cancellationToken),
            status);
    }

    private static Command Lines(Terminal terminal)
    {
        var job = JobArgument();
        return new Command("lines", "Prints what became of each saga so far.") { job }.Does(terminal, async (session, parsed, cancellationToken) =>
        {
            var named = Named.Parse(parsed.GetRequiredValue(job), "job");
            await FindAsync(session, named, cancellationToken);
            var lines = session.AllAsync(
                cursor => session.Management.JobLinesAsync(named.Service, named.Name, cursor is null ? 0 : long.Parse(cursor, System.Globalization.CultureInfo.InvariantCulture), cancellationToken: cancellationToken), cancellationToken);
            await session.Printer.ManyAsync(s_lines, lines, cancellationToken);
            return await session.EndAsync();
        });
    }

    private static Command Start(Terminal terminal)
    {
        var act = new Argument<string>("act") { Description = "resume, retry, skip, cancel or compensate.", HelpName = "ACT" };
        act.AcceptOnlyFromAmong("resume", "retry", "skip", "cancel", "compensate");
        var service = new Option<string>("--service", "-s") { Description = "Whose sagas.", HelpName = "SERVICE", Required = true };
        var where = new Option<string>("--where", "-w") { Description = "Which sagas, such as 'status:parked saga:create-order'.", HelpName = "QUERY", Required = true };
        var step = new Option<string?>("--step") { Description = "The step, of skip.", HelpName = "STEP" };
        var rate = new Option<double>("--rate") { Description = "How many a second: 0.01 to 1,000.", HelpName = "NUMBER", DefaultValueFactory = _ => 10 };
        var asking = Asking.Options();
        var command = new Command("start", "Begins to do an act to all sagas of a service that match.") { act, service, where, step, rate };
        asking.AddTo(command);
        return command.Does(terminal, async (session, parsed, cancellationToken) =>
        {
            asking.DemandAnswer(session.Terminal, parsed, readsInput: false);
            var request = new JobRequest
            {
                Service = parsed.GetRequiredValue(service), Q = parsed.GetRequiredValue(where), PerSecond = parsed.GetValue(rate),
                Act = new ActRequest { Act = parsed.GetRequiredValue(act), Step = parsed.GetValue(step), Reason = asking.Reason(parsed) },
            };
            var forecast = await session.Management.PreviewJobAsync(request, cancellationToken);
            await session.SayAsync(PlainText.Of($"On {session.Server.Shown}: {request.Act.Act} to {Sagas(forecast.Total)} of {request.Service}, {parsed.GetValue(rate):0.##} a second. The first of them:"));
            foreach (var saga in forecast.First)
            {
                await session.SayAsync(PlainText.Of($"  {saga.Service}/{saga.Id}  {saga.Key}  {saga.Status}  {saga.Why}"));
            }

            if (forecast.Total.Value == 0)
            {
                throw new CliException(ExitCode.NotFound, "No job was begun.", "No saga matches.", $"skald sagas list --service {request.Service} --where '{request.Q}'");
            }

            if (asking.IsDryRun(parsed))
            {
                return await session.EndAsync();
            }

            if (!await asking.AgreesAsync(session.Terminal, parsed, $"{request.Act.Act} {Sagas(forecast.Total)}?", cancellationToken))
            {
                return ExitCode.Failed;
            }

            var job = await session.Management.StartJobAsync(request, new ActTerms { Key = session.Terminal.NewKey() }, cancellationToken);
            await session.Printer.ManyAsync(s_jobs, [job], cancellationToken);
            return await session.EndAsync();
        });
    }

    private static Command Move(Terminal terminal, string name, string description)
    {
        var (job, asking) = (JobArgument(), Asking.Options());
        var command = new Command(name, description) { job };
        asking.AddTo(command);
        return command.Does(terminal, async (session, parsed, cancellationToken) =>
        {
            asking.DemandAnswer(session.Terminal, parsed, readsInput: false);
            var named = Named.Parse(parsed.GetRequiredValue(job), "job");
            var found = await FindAsync(session, named, cancellationToken);
            await session.SayAsync(PlainText.Of($"On {session.Server.Shown}: {name} {named}, {found.Status}. {found.Why}"));
            if (asking.IsDryRun(parsed))
            {
                return await session.EndAsync();
            }

            if (!await asking.AgreesAsync(session.Terminal, parsed, $"{name} this job?", cancellationToken))
            {
                return ExitCode.Failed;
            }

            var moved = await session.Management.MoveJobAsync(named.Service, named.Name, name, new ActRequest { Reason = asking.Reason(parsed) }, new ActTerms { Key = session.Terminal.NewKey() }, cancellationToken);
            await session.Printer.ManyAsync(s_jobs, [moved], cancellationToken);
            return await session.EndAsync();
        });
    }

    private static string Sagas(CappedCount count) => $"{count} {(count is { Value: 1, IsCapped: false } ? "saga" : "sagas")}";

    private static Argument<string> JobArgument() => new("job") { Description = "The job as SERVICE/ID.", HelpName = "JOB" };

    private static async Task<JobItem> FindAsync(Session session, Named named, CancellationToken cancellationToken) =>
        await session.Management.FindJobAsync(named.Service, named.Name, cancellationToken)
            ?? throw new CliException(ExitCode.NotFound, $"There is no job '{named}'.", "Its service does not have it.", "skald jobs list");
}
