using System.CommandLine;
using System.CommandLine.Parsing;
using Skald.Cli.Output;

namespace Skald.Cli;

/// <summary>Options that every command has.</summary>
internal static class GlobalOptions
{
    public static readonly TimeSpan UsualTimeout = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan s_longestTimeout = TimeSpan.FromHours(1);

    public static Option<OutputFormat> Output { get; } = Completed(new("--output", "-o")
    {
        Description = "How data is printed: table, json, jsonl or ids.",
        HelpName = "table|json|jsonl|ids",
        Recursive = true,
        CustomParser = result => Enum.TryParse<OutputFormat>(result.Tokens[0].Value, ignoreCase: true, out var format) && !char.IsAsciiDigit(result.Tokens[0].Value[0])
            ? format
            : Wrong<OutputFormat>(result, $"'{result.Tokens[0].Value}' is no way to print. There are table, json, jsonl and ids."),
    });

    public static Option<string?> Server { get; } = new("--server", "-s") { Description = "The server's address, such as http://127.0.0.1:5080/skald; SKALD_SERVER.", HelpName = "URL", Recursive = true };

    public static Option<string?> Profile { get; } = new("--profile", "-p") { Description = "The server's name in your profiles; SKALD_PROFILE, the current one unless set.", HelpName = "NAME", Recursive = true };

    public static Option<TimeSpan?> Timeout { get; } = new("--timeout")
    {
        Description = "How long an answer is waited for, such as 10s; 30s unless set.",
        HelpName = "TIME",
        Recursive = true,
        CustomParser = result => When.TryReadSpan(result.Tokens[0].Value, out var span) && span > TimeSpan.Zero && span <= s_longestTimeout
            ? span
            : Wrong<TimeSpan?>(result, $"'{result.Tokens[0].Value}' is no time to wait. Give it like 500ms, 10s or 2m, up to 1h."),
    };

    public static Option<bool> NoColour { get; } = new("--no-color") { Description = "No colours; so it is in a pipe, and with NO_COLOR.", Recursive = true };

    public static Option<bool> Verbose { get; } = new("--verbose") { Description = "Say more, with the stack of what failed.", Recursive = true };

    public static IReadOnlyList<Option> All { get; } = [Output, Server, Profile, Timeout, NoColour, Verbose];

    private static Option<OutputFormat> Completed(Option<OutputFormat> output)
    {
        output.CompletionSources.Clear();
        output.CompletionSources.Add(Enum.GetNames<OutputFormat>().Select(name => name.ToLowerInvariant()).ToArray());
        return output;
    }

    private static T Wrong<T>(ArgumentResult result, string why)
    {
        result.AddError(why);
        return default!; // The error is what is looked at.
    }
}
