using System.CommandLine;
using Skald.Cli.Output;
using Skald.Cli.Profiles;

namespace Skald.Cli.Commands;

/// <summary>Commands that are for a server.</summary>
internal static class SessionCommands
{
    /// <summary>What the command does, once its server is known.</summary>
    public static Command Does(this Command command, Terminal terminal, Func<Session, ParseResult, CancellationToken, Task<int>> does)
    {
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var server = ServerChoice.Choose(terminal, parsed.GetValue(GlobalOptions.Server), parsed.GetValue(GlobalOptions.Profile));
            var printer = new Printer(terminal, parsed.GetValue(GlobalOptions.Output), parsed.GetValue(GlobalOptions.NoColour));
            using var session = new Session(terminal, printer, server, parsed.GetValue(GlobalOptions.Timeout) ?? GlobalOptions.UsualTimeout);
            return await does(session, parsed, cancellationToken);
        });
        return command;
    }

    /// <summary>A command that has commands.</summary>
    public static Command Of(string name, string description, params Command[] commands)
    {
        var command = new Command(name, description);
        foreach (var verb in commands)
        {
            command.Subcommands.Add(verb);
        }

        return command;
    }
}
