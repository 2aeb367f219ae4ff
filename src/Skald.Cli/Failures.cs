using Skald.Cli.Output;
using Skald.Management;

namespace Skald.Cli;

/// <summary>What an exception means: what the process ends with, and three lines for whoever reads them.</summary>
internal static class Failures
{
    public static CliException Of(Exception exception) => exception switch
    {
        CliException known => known,
        // What was thrown on the way says more than a status that nobody sent.
        ManagementException { InnerException: { } inner } management => new CliException(
            CodeOf(management.Problem.Code), management.Problem.Title, $"{inner.GetType().Name}: {inner.Message}", management.Problem.Detail ?? FixOf(management.Problem.Code)),
        ManagementException management => Of(management.Problem),
        IOException or UnauthorizedAccessException => new CliException(ExitCode.Failed, "A file could not be used.", exception.Message, "Check who may read and write it."),
        _ => new CliException(ExitCode.Failed, "The command failed.", $"{exception.GetType().Name}: {exception.Message}", "Run it again with --verbose to see where."),
    };

    /// <param name="problem">Why there is no answer.</param>
    /// <param name="what">What it means for the command; what the server says then tells why.</param>
    public static CliException Of(ManagementProblem problem, string? what = null)
    {
        var answer = FormattableString.Invariant($"The server's answer is {problem.Status}, {problem.Code}{(problem.TraceId is { } trace ? $", trace {trace}" : "")}.");
        return new CliException(CodeOf(problem.Code), what ?? problem.Title, what is null ? answer : problem.Title, problem.Detail ?? FixOf(problem.Code));
    }

    public static int CodeOf(string problem) => problem switch
    {
        ProblemCodes.BadQuery or ProblemCodes.BadRequest => ExitCode.Usage,
        ProblemCodes.Unauthenticated or ProblemCodes.Forbidden or ProblemCodes.NotFromHere or ProblemCodes.OtherSite => ExitCode.NotAllowed,
        ProblemCodes.NotFound or ProblemCodes.Removed => ExitCode.NotFound,
        ProblemCodes.Refused or ProblemCodes.VersionUnknown or ProblemCodes.MovedOn => ExitCode.Refused,
        _ => ExitCode.Failed,
    };

    public static async Task SayAsync(TextWriter error, CliException failure)
    {
        await error.WriteLineAsync($"error: {PlainText.Of(failure.Message)}");
        await error.WriteLineAsync($"why:   {PlainText.Of(failure.Why)}");
        await error.WriteLineAsync($"fix:   {PlainText.Of(failure.Fix)}");
    }

    private static string FixOf(string problem) => problem switch
    {
        ProblemCodes.BadQuery => "See the terms of a query: skald sagas list --help",
        ProblemCodes.Unauthenticated => "Give the profile a token: skald profiles add NAME URL --token-file FILE",
        ProblemCodes.Forbidden => "Ask whoever runs it for the right.",
        ProblemCodes.NotFound or ProblemCodes.Removed => "skald sagas list",
        ProblemCodes.MovedOn => "Look at it again, and repeat the command.",
        ProblemCodes.Refused => "See what can be done: skald sagas show ID",
        ProblemCodes.Unreachable or ProblemCodes.Overloaded or ProblemCodes.TooLate => "Try again later.",
        _ => "Look into the server's log.",
    };
}
