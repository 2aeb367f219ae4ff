using System.CommandLine;
using System.CommandLine.Parsing;

namespace Skald.ServiceHost;

/// <summary>The options that every executable has, its verbs, and what an exception means for the exit code.</summary>
internal static class CommandLine
{
    private static readonly Option<string?> Data = Shared("--data", "Folder of the embedded files; SKALD_DATA, .skald unless set.", "FOLDER");
    private static readonly Option<string?> Store = Shared("--store", "Database; SKALD_STORE.", "STORE");
    private static readonly Option<string?> Broker = Shared("--broker", "Broker; SKALD_BROKER.", "BROKER");
    private static readonly Option<string?> ProjectorStore = Shared("--projector_store", "Database of the projections; SKALD_PROJECTOR_STORE, that of --store unless set.", "STORE");
    private static readonly Option<string?> Urls = Shared("--urls", "Where to listen, such as http://127.0.0.1:8000.", "URLS");
    private static readonly Option<bool> Open = new("--open") { Description = "Answer other machines, too: whoever reaches it may use it; SKALD_OPEN=true." };
    private static readonly Option<string?> Hosts = new("--hosts") { Description = "Names under which clients reach it, besides localhost; SKALD_HOSTS.", HelpName = "HOST,HOST" };
    private static readonly Option<bool> Verbose = new("--verbose") { Description = "Say more.", Recursive = true };

    public static Task<int> RunAsync(string[] args, AddressBook addresses, ProgramOptions? options, IReadOnlyList<ServiceModule> modules) =>
        RunAsync(args, addresses, options, modules, Console.Out, Console.Error);

    /// <param name="args">The command line.</param>
    /// <param name="addresses">The kinds of stores and brokers that there are.</param>
    /// <param name="options">What a process of several services is as a whole.</param>
    /// <param name="modules">The services.</param>
    /// <param name="output">For the help that was asked for; what commands print goes to the console.</param>
    /// <param name="error">For what is wrong.</param>
    public static async Task<int> RunAsync(
        string[] args, AddressBook addresses, ProgramOptions? options, IReadOnlyList<ServiceModule> modules, TextWriter output, TextWriter error)
    {
        // A process of several services has no verbs: two services may have one of the same name.
        var verbs = modules is [var only] ? only.Verbs.Concat(FlowVerbs.For(only)).ToList() : [];
        var root = Root(addresses, options, modules, verbs);
        var parsed = Parse(root, args, verbs);
        try
        {
            return await InvokeAsync(parsed, output);
        }
        catch (UsageException exception)
        {
            return await UsageAsync(root, parsed, exception, error);
        }
        catch (Exception exception)
        {
            await error.WriteLineAsync(parsed.GetValue(Verbose) ? exception.ToString() : Failures.Line(exception));
            return 1;
        }
    }

    public static ParseResult Parse(Command root, string[] args, IReadOnlyList<Verb> verbs) =>
        root.Parse(Spelling.Normalize(args, verbs), new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false });

    /// <summary>Does what was typed.</summary>
    /// <exception cref="UsageException">It makes no sense.</exception>
    public static Task<int> InvokeAsync(ParseResult parsed, TextWriter output) => parsed.Errors is [var first, ..]
        ? throw new UsageException(first.Message)
        // Hosts and verbs have their own way to stop on a signal.
        : parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null, Output = output });

    public static RootCommand Root(AddressBook addresses, ProgramOptions? options, IReadOnlyList<ServiceModule> modules, List<Verb> verbs)
    {
        var otherwise = SkaldSettings.DefaultOf(addresses) is { Length: > 0 } usual ? $", {usual} unless set." : ".";
        (Store.Description, Broker.Description) = ("Database; SKALD_STORE" + otherwise, "Broker; SKALD_BROKER" + otherwise);
        var name = options?.Name ?? string.Join(", ", modules.Select(m => m.FullName));
        var root = new RootCommand($"{name}. Without a verb it serves until stopped.") { Data, Store, Broker, ProjectorStore, Urls, Verbose };
        // Words in brackets are nobody's business but ours: the parser's own directive fails on a number that it cannot read.
        root.Directives.Clear();
        var serve = new Command("serve", "Runs until stopped: HTTP, messages, timers.");
        root.Subcommands.Add(serve);
        foreach (var command in (Command[])[root, serve])
        {
            command.Options.Add(Open);
            command.Options.Add(Hosts);
            command.SetAction((parsed, _) => Server.RunAsync(options, Settings(parsed), modules, parsed.GetValue(Urls), Edge(parsed), parsed.GetValue(Verbose)));
        }

        foreach (var verb in verbs)
        {
            root.Subcommands.Add(new VerbCommand(verb, (parsed, values, wait) =>
                VerbRunner.RunAsync(modules[0], Settings(parsed), verb, values, wait, parsed.GetValue(VerbCommand.Json), parsed.GetValue(Verbose))));
        }

        foreach (var command in modules is [var only] ? [AsyncApi(only, Settings), PlanCommands.Of(only, Settings, Verbose), .. TopicCommands.All(only, Settings, Verbose)] : Array.Empty<Command>())
        {
            root.Subcommands.Add(command);
        }

        return root;

        SkaldSettings Settings(ParseResult parsed) =>
            SkaldSettings.Read(addresses, parsed.GetValue(Data), parsed.GetValue(Store), parsed.GetValue(Broker), parsed.GetValue(ProjectorStore));
    }

    private static EdgeOptions Edge(ParseResult parsed) => new()
    {
        IsOpen = parsed.GetValue(Open) || string.Equals(Environment.GetEnvironmentVariable("SKALD_OPEN"), "true", StringComparison.OrdinalIgnoreCase),
        Hosts = (parsed.GetValue(Hosts) ?? Environment.GetEnvironmentVariable("SKALD_HOSTS") ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
    };

    private static Command AsyncApi(ServiceModule module, Func<ParseResult, SkaldSettings> settings)
    {
        var yaml = new Option<bool>("--yaml") { Description = "Print YAML instead of JSON." };
        var command = new Command("asyncapi", "Prints what the service says and hears as an AsyncAPI document.") { yaml };
        command.SetAction((parsed, _) => Documents.PrintAsync(module, settings(parsed), parsed.GetValue(yaml)));
        return command;
    }

    private static async Task<int> UsageAsync(RootCommand root, ParseResult parsed, UsageException problem, TextWriter error)
    {
        await error.WriteLineAsync($"Error: {problem.Message}");
        if (problem is NotSupportedHereException)
        {
            return 2;
        }

        await root.Parse([.. Path(parsed.CommandResult, root), "--help"]).InvokeAsync(new InvocationConfiguration { Output = error });
        return 2;
    }

    private static IEnumerable<string> Path(CommandResult command, RootCommand root) =>
        command.Command == root ? [] : command.Parent is CommandResult parent ? Path(parent, root).Append(command.Command.Name) : [command.Command.Name];

    private static Option<string?> Shared(string name, string description, string helpName) =>
        new(name) { Description = description, HelpName = helpName, Recursive = true };
}
