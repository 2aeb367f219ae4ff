namespace Skald.Cli;

/// <summary>The command cannot be done. Each part is a line of what is said.</summary>
/// <param name="code">What the process ends with, of <see cref="ExitCode"/>.</param>
/// <param name="what">What happened.</param>
/// <param name="why">Why.</param>
/// <param name="fix">What to do, best as something to type.</param>
internal sealed class CliException(int code, string what, string why, string fix) : Exception(what)
{
    public int Code { get; } = code;

    public string Why { get; } = why;

    public string Fix { get; } = fix;
}
