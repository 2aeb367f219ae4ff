using System.CommandLine;

namespace Skald.Cli.Completion;

/// <summary><c>skald completion</c>: prints a script for a shell.</summary>
internal static class CompletionCommand
{
    public static Command Create(Terminal terminal)
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh, fish or pwsh.", HelpName = "bash|zsh|fish|pwsh" };
        shell.AcceptOnlyFromAmong([.. CompletionScripts.All.Keys]);
        var command = new Command("completion", "Prints a script with which a shell completes what you type.") { shell };
        command.SetAction(async (parsed, _) =>
        {
            // It was taken from among them.
            await terminal.Out.WriteLineAsync(CompletionScripts.All[parsed.GetValue(shell)!]);
            return ExitCode.Done;
        });
        return command;
    }
}
