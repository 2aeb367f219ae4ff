using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using Skald.Cli.Commands;
using Skald.Cli.Completion;
using Skald.Cli.Profiles;
using Skald.Cli.Sagas;

namespace Skald.Cli;

/// <summary>All of <c>skald</c>: its commands, and what an end of one means for the process.</summary>
internal static class SkaldCommand
{
    public static async Task<int> RunAsync(string[] args, Terminal terminal)
    {
        // An argument that begins with @ is what was typed; options of one letter are not run together.
        var parsed = Create(terminal).Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false });
        if (parsed.Errors is [.., var last])
        {
            // The last one names the word; the first would only say that a command is missing.
            return await FailedAsync(terminal, new CliException(ExitCode.Usage, "The command line makes no sense.", last.Message, $"{string.Join(' ', PathOf(parsed.CommandResult))} --help"));
        }

        try
        {
            return await InvokeAsync(parsed, terminal);
        }
        catch (OperationCanceledException)
        {
            await terminal.Error.WriteLineAsync("Interrupted.");
            return ExitCode.Interrupted;
        }
        catch (Exception exception)
        {
            if (parsed.GetValue(GlobalOptions.Verbose))
            {
                await terminal.Error.WriteLineAsync(exception.ToString());
            }

            return await FailedAsync(terminal, Failures.Of(exception));
        }
    }

    public static RootCommand Create(Terminal terminal)
    {
        var root = new RootCommand("See sagas, and steer them. Data goes to standard output, all else to standard error.");
        foreach (var option in GlobalOptions.All)
        {
            root.Options.Add(option);
        }

        foreach (var command in (Command[])
        [
            SagaCommands.Create(terminal), FlowCommands.Create(terminal), .. MessageCommands.All(terminal), .. EventCommands.All(terminal), .. ServiceCommands.All(terminal), .. RecordCommands.All(terminal),
            BalanceCommand.Create(terminal), TopCommand.Create(terminal), ProfileCommands.Create(terminal), CompletionCommand.Create(terminal),
        ])
        {
            root.Subcommands.Add(command);
        }

        return root;
    }

    private static async Task<int> InvokeAsync(ParseResult parsed, Terminal terminal)
    {
        // Help names the file that was started, which nobody types.
        using var help = parsed.Action is HelpAction ? new StringWriter() : null;
        var code = await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = help ?? terminal.Out, Error = terminal.Error });
        await terminal.Out.WriteAsync(help?.ToString().Replace(RootCommand.ExecutableName, "skald", StringComparison.Ordinal));
        return code;
    }

    private static async Task<int> FailedAsync(Terminal terminal, CliException failure)
    {
        await Failures.SayAsync(terminal.Error, failure);
        return failure.Code;
    }

    private static IEnumerable<string> PathOf(SymbolResult? result) => result switch
    {
        CommandResult command => [.. PathOf(command.Parent), command.Command is RootCommand ? "skald" : command.Command.Name],
        _ => [],
    };
}
