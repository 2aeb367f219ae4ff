using System.Text.RegularExpressions;
using Xunit;

namespace Skald.Tests;

public sealed partial class The_documents
{
    [Fact]
    public void Explain_every_error_code_and_no_other()
    {
        var said = In("src/Skald/Diagnostics/ErrorCodes.cs", Code()).Union(In("src/Skald.Generators/Analysis/Ids.cs", Code())).Order();
        Assert.Equal(said, In("docs/errors.md", Code()));
    }

    [Fact]
    public void List_every_log_message_and_no_other()
    {
        var ids = Directory.GetFiles(Path.Combine(The_house.Root, "src"), "Log.cs", SearchOption.AllDirectories).SelectMany(file => In(file, LogId())).ToList();
        Assert.Equal(ids.Distinct().Count(), ids.Count);
        Assert.Equal(ids.Order(), In("docs/logs.md", LogRow()));
    }

    private static IEnumerable<string> In(string file, Regex pattern) =>
        pattern.Matches(File.ReadAllText(Path.Combine(The_house.Root, file))).Select(m => m.Groups[1].Value).Distinct().Order();

    [GeneratedRegex(@"\b(SKALD\d+)\b")]
    private static partial Regex Code();

    [GeneratedRegex(@"EventId = (\d+)")]
    private static partial Regex LogId();

    [GeneratedRegex(@"^\| (\d+) \|", RegexOptions.Multiline)]
    private static partial Regex LogRow();
}
