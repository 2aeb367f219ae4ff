using System.CommandLine;
using Skald.Cli.Output;
using Skald.Management;

namespace Skald.Cli.Commands;

/// <summary><c>skald services</c> and <c>definitions</c>.</summary>
internal static class ServiceCommands
{
    public static IReadOnlyList<Command> All(Terminal terminal) =>
    [
        SessionCommands.Of("services", "Services: what they run, say and hear.", ListServices(terminal), ShowService(terminal)),
        SessionCommands.Of("definitions", "Definitions of sagas, with their versions.", ListDefinitions(terminal), ShowDefinition(terminal)),
    ];

    private static Command ListServices(Terminal terminal) => Listing.Of(
        terminal, "Lists them, by name.", "There are no services.", _ => s_services, async (session, _, part, cancellationToken) =>
        {
            var page = await session.Management.ServicesAsync(cancellationToken);
            return part.Service is null ? page : page with { Items = [.. page.Items.Where(item => item.Service == part.Service)] };
        });

    private static Command ShowService(Terminal terminal)
    {
        var name = new Argument<string>("service") { Description = "Its full name.", HelpName = "SERVICE" };
        return new Command("show", "Shows one.") { name }.Does(terminal, async (session, parsed, cancellationToken) =>
        {
            var page = await session.Management.ServicesAsync(cancellationToken);
            session.Lacks(page.Missing);
            var service = page.Items.FirstOrDefault(item => item.Service == parsed.GetRequiredValue(name))
                ?? throw new CliException(ExitCode.NotFound, $"There is no service '{parsed.GetRequiredValue(name)}'.", $"{session.Server.Address} does not know it.", "skald services list");
            await session.Printer.OneAsync(s_services, service, written => Write(written, service));
            return await session.EndAsync();
        });
    }

    private static Command ListDefinitions(Terminal terminal) => Listing.Of(
        terminal, "Lists them, by service, name and version.", "There are no definitions.", _ => s_definitions, async (session, _, part, cancellationToken) =>
        {
            var page = await session.Management.DefinitionsAsync(cancellationToken);
            return part.Service is null ? page : page with { Items = [.. page.Items.Where(item => item.Service == part.Service)] };
        });

    private static Command ShowDefinition(Terminal terminal)
    {
        var (name, version) = (new Argument<string>("definition") { Description = "As SERVICE/NAME.", HelpName = "DEFINITION" }, new Option<int?>("--version") { Description = "Its version; the present one unless set.", HelpName = "N" });
        return new Command("show", "Shows the steps of one.") { name, version }.Does(terminal, async (session, parsed, cancellationToken) =>
        {
            var named = Named.Parse(parsed.GetRequiredValue(name), "definition");
            var page = await session.Management.DefinitionsAsync(cancellationToken);
            session.Lacks(page.Missing);
            var definition = page.Items.FirstOrDefault(item => item.Service == named.Service && item.Name == named.Name && (parsed.GetValue(version) is { } asked ? item.Version == asked : item.IsPresent))
                ?? throw new CliException(ExitCode.NotFound, $"There is no definition '{named}' of that version.", $"{session.Server.Address} does not know it.", "skald definitions list");
            await session.Printer.OneAsync(s_definitions, definition, written => written
                .Fact("definition", $"{definition.Service}/{definition.Name}").Fact("version", Words.Number(definition.Version)).Rows("Steps", s_steps, definition.Steps));
            return await session.EndAsync();
        });
    }

    private static void Write(Page page, ServiceInfo service) => page
        .Fact("service", service.Service)
        .Fact("store", service.Store)
        .Fact("transport", service.Transport)
        .Fact("problem", service.Problem)
        .Fact("commands", service.CommandQueue)
        .Fact("replies", service.ReplyQueue)
        .Fact("sagas", string.Join(", ", service.Sagas))
        .Fact("flows", string.Join(", ", service.Flows))
        .Fact("projections", string.Join(", ", service.Projections))
        .Fact("handles", string.Join(", ", service.Handles))
        .Fact("awaits", string.Join(", ", service.Awaits))
        .Fact("asyncapi", service.AsyncApi)
        .Rows("Sends", [new("command", c => c.Command) { Rank = 0 }, new("to", c => c.Service), new("steps", c => string.Join(", ", c.Steps)) { Rank = 2, Wraps = true }], service.Sends)
        .Rows("Publishes", [new("event", t => t.Event) { Rank = 0 }, new("topic", t => t.Topic)], service.Publishes)
        .Rows("Subscribes to", [new("event", t => t.Event) { Rank = 0 }, new("topic", t => t.Topic), new("queue", t => t.Queue) { Rank = 2 }], service.Subscribes);

    private static readonly Shape<ServiceInfo> s_services = new(
        ManagementJson.Of<ServiceInfo>(), service => service.Service,
        [
            new("service", s => s.Service) { Rank = 0 },
            new("works", s => s.Problem is null ? "yes" : "no") { Rank = 0 },
            new("sagas", s => string.Join(", ", s.Sagas)) { Rank = 2, Wraps = true },
            new("transport", s => s.Transport) { Rank = 4 },
            new("store", s => s.Store) { Rank = 5 },
            new("problem", s => s.Problem) { Wraps = true },
        ]);

    private static readonly Shape<DefinitionInfo> s_definitions = new(
        ManagementJson.Of<DefinitionInfo>(), definition => FormattableString.Invariant($"{definition.Service}/{definition.Name}"),
        [
            new("definition", d => $"{d.Service}/{d.Name}") { Rank = 0 },
            new("version", d => Words.Number(d.Version)) { Rank = 0, IsNumber = true },
            new("present", d => d.IsPresent ? "yes" : "no") { Rank = 0 },
            new("steps", d => string.Join(", ", d.Steps.Select(step => step.Name))) { Wraps = true },
        ]);

    private static readonly Column<DefinitionStep>[] s_steps =
    [
        new("step", s => s.Name) { Rank = 0 },
        new("kind", s => s.Kind) { Rank = 0 },
        new("work", s => s.Command is { } command ? $"{command} to {s.Service}" : s.Events.Count > 0 ? $"waits for {string.Join(", ", s.Events)}" : s.Work),
        new("within", s => Words.Seconds(s.WithinSeconds)) { Rank = 2 },
        new("undo", s => s.Undo ?? s.NothingToUndo) { Rank = 2, Wraps = true },
    ];
}
