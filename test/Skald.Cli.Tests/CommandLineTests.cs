namespace Skald.Cli.Tests;

public sealed class The_command_line : IDisposable
{
    private readonly Cli _cli = new();

    [Theory]
    [InlineData("Unrecognized command or argument 'bogus'.", "skald --help", "bogus")]
    [InlineData("Required command was not provided.", "skald profiles --help", "profiles")]
    [InlineData("'xml' is no way to print. There are table, json, jsonl and ids.", "skald profiles list --help", "profiles", "list", "-o", "xml")]
    [InlineData("'1' is no way to print. There are table, json, jsonl and ids.", "skald profiles list --help", "profiles", "list", "-o", "1")]
    [InlineData("'soon' is no time to wait. Give it like 500ms, 10s or 2m, up to 1h.", "skald profiles list --help", "profiles", "list", "--timeout", "soon")]
    public async Task That_makes_no_sense_says_so_in_three_lines(string why, string fix, params string[] args)
    {
        var said = await _cli.RunAsync(args);

        Assert.Equal((2, "", $"error: The command line makes no sense.\nwhy:   {why}\nfix:   {fix}\n"), (said.Code, said.Out, said.Error));
    }

    [Fact]
    public async Task Reads_no_files_that_an_argument_names()
    {
        await File.WriteAllTextAsync(_cli.File("args"), "profiles list");

        Assert.Equal(2, (await _cli.RunAsync("@" + _cli.File("args"))).Code);
    }

    [Fact]
    public async Task Helps_under_the_name_that_people_type()
    {
        var said = await _cli.RunAsync("profiles", "--help");

        Assert.Equal(0, said.Code);
        Assert.Contains("skald profiles [command] [options]", said.Out);
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    [InlineData("pwsh")]
    public async Task Brings_what_a_shell_needs_to_complete_it(string shell)
    {
        var said = await _cli.RunAsync("completion", shell);

        Assert.Equal(0, said.Code);
        Assert.Contains("[suggest:", said.Out);
    }

    [Theory]
    [InlineData("skald prof", "profiles")]
    [InlineData("skald profiles list -o ", "ids json jsonl table")]
    [InlineData("skald completion ", "bash fish pwsh zsh")]
    [InlineData("skald profiles use ", "shop")]
    public async Task Says_what_may_come_next(string line, string expected)
    {
        await _cli.RunAsync("profiles", "add", "shop", "https://shop.example");

        var said = await _cli.RunAsync($"[suggest:{line.Length}]", line);

        Assert.Subset(said.Lines.ToHashSet(), expected.Split(' ').ToHashSet());
    }

    public void Dispose() => _cli.Dispose();
}
