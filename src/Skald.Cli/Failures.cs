using Skald.Cli.Output;

namespace Skald.Cli;

/// <summary>What an exception means: what the process ends with, and three lines for whoever reads them.</summary>
internal static class Failures
{
    public static CliException Of(Exception exception) => exception switch
    {
        CliException known => known,
        IOException or UnauthorizedAccessException => new CliException(ExitCode.Failed, "A file could not be used.", exception.Message, "Check who may read and write it."),
        _ => new CliException(ExitCode.Failed, "The command failed.", $"{exception.GetType().Name}: {exception.Message}", "Run it again with --verbose to see where."),
    };

    public static async Task SayAsync(TextWriter error, CliException failure)
    {
        await error.WriteLineAsync($"error: {PlainText.Of(failure.Message)}");
        await error.WriteLineAsync($"why:   {PlainText.Of(failure.Why)}");
        await error.WriteLineAsync($"fix:   {PlainText.Of(failure.Fix)}");
    }
}
