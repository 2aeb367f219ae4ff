using System.CommandLine;

namespace Skald.Cli.Commands;

/// <summary>The options of everything that changes something, and the question before it does.</summary>
internal sealed record Asking(Option<string?> ReasonOption, Option<bool> Yes, Option<bool> DryRun)
{
    public static Asking Options() => new(
        new Option<string?>("--reason", "-r") { Description = "Why, for the timeline and the audit.", HelpName = "TEXT" },
        new Option<bool>("--yes", "-y") { Description = "Do not ask. Required where nobody can be asked." },
        new Option<bool>("--dry-run") { Description = "Only say what it would do." });

    public void AddTo(Command command)
    {
        command.Options.Add(ReasonOption);
        command.Options.Add(Yes);
        command.Options.Add(DryRun);
    }

    public string? Reason(ParseResult parsed) => parsed.GetValue(ReasonOption);

    public bool IsDryRun(ParseResult parsed) => parsed.GetValue(DryRun);

    /// <summary>A script that nobody watches says beforehand that it means it. Called before anything is asked of the server.</summary>
    public void DemandAnswer(Terminal terminal, ParseResult parsed, bool readsInput)
    {
        if (!parsed.GetValue(Yes) && !IsDryRun(parsed) && (readsInput || !terminal.CanAsk))
        {
            throw new CliException(
                ExitCode.Usage, "Nothing was done.", readsInput ? "Standard input has the sagas, so nobody can be asked there." : "There is no terminal on which somebody could be asked.",
                "Look with --dry-run, then give --yes.");
        }
    }

    public async Task<bool> AgreesAsync(Terminal terminal, ParseResult parsed, string question, CancellationToken cancellationToken)
    {
        if (parsed.GetValue(Yes))
        {
            return true;
        }

        await terminal.Error.WriteAsync($"{question} [y/N] ");
        await terminal.Error.FlushAsync(cancellationToken);
        if (await terminal.ReadLineAsync(cancellationToken) is { } answer && answer.Trim().ToUpperInvariant() is "Y" or "YES")
        {
            return true;
        }

        await terminal.Error.WriteLineAsync("Nothing was done.");
        return false;
    }
}
