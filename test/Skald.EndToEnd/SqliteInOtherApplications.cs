namespace Skald.EndToEnd;

/// <summary>Findings A22: an application that has a SQLite library already adds Skald to it.</summary>
public sealed class An_application_that_has_a_SQLite_library : IDisposable
{
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("skald-apps-");

    public void Dispose() => _data.Delete(recursive: true);

    [Theory]
    [InlineData("Skald.Apps.EfCore", "EF Core: ")]
    [InlineData("Skald.Apps.OtherBundle", "chosen: ")]
    public async Task Starts_and_shares_it_with_Skald(string application, string theirs)
    {
        var ended = await Processes.RunAsync(Path.Combine("..", "..", "..", "..", application, "bin", "Release", "net10.0", application), _data.FullName);
        Assert.True(ended.ExitCode == 0, ended.Error);
        var versions = ended.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line[(line.IndexOf(": ", StringComparison.Ordinal) + 2)..]).ToList();
        Assert.StartsWith(theirs, ended.Output, StringComparison.Ordinal);
        Assert.Equal(versions[0], versions[1]);
    }
}
