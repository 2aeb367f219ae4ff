using System.Security.Cryptography;

namespace Skald.Cli;

/// <summary>The world as a command sees it: where it writes, whether a person is there, what is set.</summary>
internal sealed record Terminal
{
    // What a terminal has that does not say it.
    private const int UsualWidth = 80;

    /// <summary>For data alone.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>For all that is said about it.</summary>
    public required TextWriter Error { get; init; }

    public required TextReader In { get; init; }

    public required bool InIsTerminal { get; init; }

    public required bool OutIsTerminal { get; init; }

    public required bool ErrorIsTerminal { get; init; }

    /// <summary>The columns of the terminal that <see cref="Out"/> is, asked each time: people resize windows.</summary>
    public Func<int> Width { get; init; } = () => UsualWidth;

    /// <summary>A variable of the environment; null when it is not set or empty.</summary>
    public required Func<string, string?> Variable { get; init; }

    /// <summary>Where profiles are.</summary>
    public required string ConfigFolder { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>A key that no act has had before.</summary>
    public Func<string> NewKey { get; init; } = () => RandomNumberGenerator.GetHexString(32, lowercase: true);

    /// <summary>Whether somebody can be asked: both the question and the answer are on a terminal.</summary>
    public bool CanAsk => InIsTerminal && ErrorIsTerminal;

    /// <summary>Whether tables may be coloured, as far as the environment has a say (https://no-color.org).</summary>
    public bool MayColour => OutIsTerminal && Variable("NO_COLOR") is null && Variable("TERM") is not "dumb";

    public static Terminal OfThisProcess() => new()
    {
        Out = Console.Out,
        Error = Console.Error,
        In = Console.In,
        InIsTerminal = !Console.IsInputRedirected,
        OutIsTerminal = !Console.IsOutputRedirected,
        ErrorIsTerminal = !Console.IsErrorRedirected,
        Width = WidthOfWindow,
        Variable = name => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null,
        ConfigFolder = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData, Environment.SpecialFolderOption.DoNotVerify), "skald"),
    };

    /// <summary>Reads a line; null at the end. Ctrl+C is not kept waiting by it.</summary>
    public async Task<string?> ReadLineAsync(CancellationToken cancellationToken) =>
        await Task.Run(In.ReadLine, CancellationToken.None).WaitAsync(cancellationToken);

    /// <summary>Reads the lines that have something on them.</summary>
    /// <exception cref="CliException">There are more than so many.</exception>
    public async Task<IReadOnlyList<string>> ReadLinesAsync(int most, CancellationToken cancellationToken)
    {
        var lines = new List<string>();
        while (await ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.Trim() is { Length: > 0 } text)
            {
                lines.Add(lines.Count < most ? text : throw new CliException(ExitCode.Usage, $"Standard input has more than {most} lines.", "Nothing was done to any of them.", $"Give fewer at once: head -n {most}"));
            }
        }

        return lines;
    }

    private static int WidthOfWindow()
    {
        try
        {
            return Console.WindowWidth is > 0 and var width ? width : UsualWidth;
        }
        catch (IOException)
        {
            return UsualWidth;
        }
    }
}
