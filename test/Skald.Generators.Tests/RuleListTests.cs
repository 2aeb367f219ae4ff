using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Skald.Generators.Analysis;
using Xunit.v3;

namespace Skald.Generators.Tests;

public sealed partial class The_rules
{
    private static readonly IReadOnlyList<DiagnosticDescriptor> All =
        [.. typeof(Rules).GetFields().Select(f => (DiagnosticDescriptor)f.GetValue(null)!)]; // They are static.

    [Fact]
    public void Are_each_shown_to_say_what_start_up_says_when_they_are_errors()
    {
        var tests = typeof(The_rules).Assembly.GetTypes().SelectMany(t => t.GetMethods()).Where(m => m.Name.StartsWith("Say_what_start_up_says", StringComparison.Ordinal));

        var shown = tests.SelectMany(TextsOf).SelectMany(text => Code().Matches(text).Select(m => m.Value)).Distinct().Order(StringComparer.Ordinal);

        Assert.Equal(All.Where(r => r.DefaultSeverity == DiagnosticSeverity.Error).Select(r => r.Id).Order(StringComparer.Ordinal), shown);
    }

    [Fact]
    public void Are_all_explained()
    {
        var guide = File.ReadAllText(Path.Combine(Root(), "docs", "guides", "analyzers.md"));
        var codes = File.ReadAllText(Path.Combine(Root(), "docs", "errors.md"));

        Assert.Equal(
            All.Select(r => $"{r.Id} {r.DefaultSeverity}").Order(StringComparer.Ordinal),
            Row().Matches(guide).Select(m => $"{m.Groups[1].Value} {(m.Groups[2].Value == "error" ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning)}").Order(StringComparer.Ordinal));
        Assert.All(All, rule => Assert.Contains($"| {rule.Id} |", codes, StringComparison.Ordinal));
    }

    private static IEnumerable<string> TextsOf(MethodInfo test)
    {
        var lines = test.GetCustomAttributes<InlineDataAttribute>().SelectMany(a => a.Data).OfType<string>();
        var members = test.GetCustomAttributes<MemberDataAttribute>()
            .SelectMany(a => (IEnumerable<ITheoryDataRow>)test.DeclaringType!.GetProperty(a.MemberName)!.GetValue(null)!) // A test's data are beside it.
            .SelectMany(row => row.GetData()).OfType<string>();
        return lines.Concat(members);
    }

    private static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(here, "..", "..", ".."));

    [GeneratedRegex(@"SKALD\d+")]
    private static partial Regex Code();

    [GeneratedRegex(@"^\| (SKALD\d+) \| (error|warning) \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
