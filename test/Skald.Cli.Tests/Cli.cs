namespace Skald.Cli.Tests;

/// <summary>Runs commands as a person or a script would, with a terminal that a test can look at.</summary>
internal sealed class Cli : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("skald-cli-");

    public Dictionary<string, string> Variables { get; } = [];

    /// <summary>Whether a person sits there.</summary>
    public bool HasTerminal { get; init; }

    public int Width { get; init; } = 80;

    public string Config => Path.Combine(_folder.FullName, "config");

    public string File(string name) => Path.Combine(_folder.FullName, name);

    public Task<Said> RunAsync(params string[] args) => RunWithInputAsync("", args);

    public async Task<Said> RunWithInputAsync(string input, params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await SkaldCommand.RunAsync(args, Terminal(output) with { Error = error, In = new StringReader(input) });
        return new Said(code, output.ToString(), error.ToString());
    }

    public Terminal Terminal(TextWriter? output = null) => new()
    {
        Out = output ?? TextWriter.Null,
        Error = TextWriter.Null,
        In = TextReader.Null,
        InIsTerminal = HasTerminal,
        OutIsTerminal = HasTerminal,
        ErrorIsTerminal = HasTerminal,
        Width = () => Width,
        Variable = name => Variables.GetValueOrDefault(name),
        ConfigFolder = Config,
        Time = new StoppedClock(),
    };

    public void Dispose() => _folder.Delete(recursive: true);
}

/// <summary>It is always the same time, but timers run.</summary>
internal sealed class StoppedClock : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => Some.Now;
}

/// <summary>What a command ended with, and what it said.</summary>
internal sealed record Said(int Code, string Out, string Error)
{
    public string[] Lines => Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
