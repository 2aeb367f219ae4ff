// Does all that CI does: dotnet run build.cs -- test
// Not to be published, so the packages for native compilation are not needed.
#:property PublishAot=false
using System.Diagnostics;
using System.Text.RegularExpressions;

const string Usage = """
    Usage: dotnet run build.cs -- COMMAND

      build    builds everything, warnings are errors
      test     builds, then runs every test; ends with "N passed, N failed, N skipped"
               (test PART: only the projects with PART in their names)
      bench    builds, then measures CreateOrder on SQLite beside SQLite's own limit (about a minute)
      format   checks that the code is formatted
      api      records what the packages promise, in their PublicAPI.Unshipped.txt
      pack     packs the packages and the templates into artifacts/
               (pack --version-suffix rc.1: as a preview)
      native   compiles the example services ahead of time into artifacts/native/, and fails on any warning (minutes)
               (native PART: only those with PART in their names; native --trimmed: with the runtime, less what nobody calls)
      site     makes the documentation as static pages in artifacts/site/
      audit    asks NuGet whether a dependency has a known vulnerability
    """;

// Asking about vulnerabilities takes minutes where the network is slow, and has a command of its own.
const string NoAudit = "-p:NuGetAudit=false";

Environment.SetEnvironmentVariable("DOTNET_CLI_TELEMETRY_OPTOUT", "1");
Environment.SetEnvironmentVariable("TESTINGPLATFORM_TELEMETRY_OPTOUT", "1");
Environment.SetEnvironmentVariable("DOTNET_NOLOGO", "1");
var root = Path.GetDirectoryName(SourceFile())!;

switch (args)
{
    case ["build"]:
        return Build();
    case ["test"]:
        return Test("");
    case ["test", var part]:
        return Test(part);
    case ["bench", .. var rest]:
        return Build() is var built and not 0 ? built : Run(["bench/Skald.Bench/bin/Release/net10.0/Skald.Bench.dll", .. rest]).ExitCode;
    case ["format"]:
        return Run(["format", "Skald.slnx", "--verify-no-changes", "--severity", "error"]).ExitCode;
    case ["pack", .. var rest]:
        return Pack(rest);
    case ["native", "--trimmed", .. var which]:
        return PublishServices("trimmed", "-p:Trimmed=true", string.Concat(which));
    case ["native", .. var which]:
        return PublishServices("native", "-p:Native=true", string.Concat(which));
    case ["site"]:
        return MakeSite();
    case ["audit"]:
        return Run(["restore", "Skald.slnx", "--force", "-p:NuGetAudit=true", "-p:NuGetAuditMode=all"]).ExitCode;
    case ["api"]:
        return RecordApi();
    default:
        Console.Error.WriteLine(Usage);
        return args is [] or ["--help"] or ["help"] ? 0 : 2;
}

int Build()
{
    Say("building (the first time restores packages, which takes a minute or two)");
    return Run(["build", "Skald.slnx", "-c", "Release", "-v", "quiet", NoAudit]).ExitCode;
}

int Pack(string[] options)
{
    var folder = Directory.CreateDirectory(Path.Combine(root, "artifacts"));
    foreach (var old in folder.EnumerateFiles("*.*nupkg"))
    {
        old.Delete();
    }

    Say("packing");
    var (exitCode, _) = Run(["pack", "Skald.slnx", "-c", "Release", "-o", folder.FullName, "-v", "quiet", NoAudit, .. options]);
    foreach (var made in folder.EnumerateFiles("*.*nupkg").OrderBy(file => file.Name, StringComparer.Ordinal))
    {
        Console.WriteLine($"{made.Length / 1024.0,7:N0} KiB  artifacts/{made.Name}");
    }

    return exitCode;
}

// Each as whoever deploys it would.
int PublishServices(string kind, string how, string part)
{
    var services = Directory.GetFiles(Path.Combine(root, "samples"), "*.csproj", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        .Where(project => Path.GetFileName(project).Contains(part, StringComparison.OrdinalIgnoreCase) && IsPublishable(File.ReadAllText(project))).ToList();
    var published = services.Count(project => Published(project, kind, how));
    Console.WriteLine($"{published} of {services.Count} services published without a warning");
    return published == services.Count && published > 0 ? 0 : 1;
}

// A program of this repository's own parts that says nothing else of itself.
static bool IsPublishable(string project) =>
    (project.Contains("<OutputType>Exe<", StringComparison.Ordinal) || project.Contains("Microsoft.NET.Sdk.Web", StringComparison.Ordinal))
    && project.Contains("/src/Skald.", StringComparison.Ordinal) && !project.Contains("<IsAotCompatible>false<", StringComparison.Ordinal);

bool Published(string project, string kind, string how)
{
    var name = Path.GetFileNameWithoutExtension(project);
    var output = Path.Combine("artifacts", kind, name);
    var (exitCode, said) = Run(
        ["publish", project, "-c", "Release", "--use-current-runtime", how, "-p:TrimmerSingleWarn=false", "--artifacts-path", $"artifacts/{kind}/.build", "-o", output, "-v", "quiet", NoAudit],
        show: line => Regex.IsMatch(line, @"(warning|error) [A-Z]+\d+:"));
    // What is an error here is a warning to whoever does not take warnings for errors.
    var warnings = Regex.Matches(said, @"(?:warning|error) [A-Z]+\d+: .*").Select(match => match.Value).Distinct().Count();
    var bytes = exitCode is not 0 ? 0 : new DirectoryInfo(Path.Combine(root, output)).EnumerateFiles("*", SearchOption.AllDirectories)
        .Where(file => file.Extension is not (".dbg" or ".pdb" or ".xml")).Sum(file => file.Length);
    Console.WriteLine($"{bytes / 1024.0 / 1024.0,6:N1} MiB  {warnings} warnings  {output}");
    return exitCode is 0 && warnings is 0;
}

int MakeSite()
{
    const string Output = "artifacts/site";
    // A page whose document is gone goes as well.
    if (Directory.Exists(Path.Combine(root, Output)))
    {
        Directory.Delete(Path.Combine(root, Output), recursive: true);
    }

    var (built, _) = Run(["build", "docs/site/Skald.Site.csproj", "-c", "Release", "-v", "quiet", NoAudit]);
    return built is not 0 ? built : Run(["docs/site/bin/Release/net10.0/Skald.Site.dll", ".", Output]).ExitCode;
}

// Begins anew with an empty record: the analyzer then names every symbol that is missing in it.
int RecordApi()
{
    foreach (var project in Directory.GetFiles(Path.Combine(root, "src"), "*.csproj", SearchOption.AllDirectories))
    {
        var record = Path.Combine(Path.GetDirectoryName(project)!, "PublicAPI.Unshipped.txt");
        File.WriteAllText(record, "#nullable enable\n");
        Say(Path.GetFileNameWithoutExtension(project));
        var (_, output) = Run(["build", project, "-c", "Release", "-v", "quiet", "-p:TreatWarningsAsErrors=false", "--no-incremental", NoAudit], show: line => line.Contains(": error", StringComparison.Ordinal));
        // The packages that it needs are built as well, and say the same of theirs.
        var symbols = Regex.Matches(output, $@"warning RS0016: Symbol '(.+)' is not part of the declared public API.*\[{Regex.Escape(project)}\]").Select(match => match.Groups[1].Value);
        File.AppendAllLines(record, symbols.Distinct().Order(StringComparer.Ordinal));
    }

    return Build();
}

int Test(string part)
{
    if (Build() is var built and not 0)
    {
        Console.Error.WriteLine("The build failed; no test was run.");
        return built;
    }

    if (OperatingSystem.IsLinux())
    {
        using var install = Process.Start(Path.Combine(root, "test", "install-servers.sh"));
        install.WaitForExit();
    }

    var projects = Directory.GetFiles(Path.Combine(root, "test"), "*.csproj", SearchOption.AllDirectories).Order()
        .Where(project => File.ReadAllText(project).Contains("xunit.v3", StringComparison.Ordinal) && Path.GetFileName(project).Contains(part, StringComparison.OrdinalIgnoreCase))
        .ToLookup(project => Path.GetFileNameWithoutExtension(project) switch { "Skald.EndToEnd" => 2, "Skald.Servers.Tests" => 1, _ => 0 });
    // Those that wait for servers run beside those that do not; what kills processes and looks at the clock has the machine to itself.
    var beside = Task.Run(() => projects[1].Select(Tested).ToList());
    List<Tally> tallies = [.. projects[0].Select(Tested), .. beside.Result, .. projects[2].Select(Tested)];

    Console.WriteLine();
    var failures = tallies.SelectMany(tally => tally.Failures).ToList();
    if (failures is not [])
    {
        Console.WriteLine("What failed:");
        failures.ForEach(Console.WriteLine);
    }

    var (passed, failed, skipped) = (tallies.Sum(t => t.Passed), tallies.Sum(t => t.Failed), tallies.Sum(t => t.Skipped));
    Console.WriteLine($"{passed} passed, {failed} failed, {skipped} skipped");
    return failed == 0 && passed > 0 ? 0 : 1;
}

Tally Tested(string project)
{
    var name = Path.GetFileNameWithoutExtension(project);
    Say(name);
    var dll = Path.Combine(Path.GetDirectoryName(project)!, "bin", "Release", "net10.0", name + ".dll");
    var (exitCode, output) = Run([dll, "-noColor", "-showLiveOutput"], show: line => !line.Contains("[Long Running Test]", StringComparison.Ordinal));
    var summary = Regex.Match(output, @"Total: (\d+), Errors: (\d+), Failed: (\d+), Skipped: (\d+)");
    if (!summary.Success)
    {
        return new Tally(0, 1, 0, [.. Failures(output), $"{name} ended with exit code {exitCode} and without a summary."]);
    }

    var counts = summary.Groups.Values.Skip(1).Select(g => int.Parse(g.Value)).ToArray();
    return new Tally(counts[0] - counts[2] - counts[3], counts[1] + counts[2], counts[3], [.. Failures(output)]);
}

(int ExitCode, string Output) Run(string[] arguments, Func<string, bool>? show = null)
{
    var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = root, RedirectStandardOutput = show is not null };
    using var process = Process.Start(start)!;
    var lines = new List<string>();
    while (show is not null && process.StandardOutput.ReadLine() is { } line)
    {
        lines.Add(line);
        if (show(line))
        {
            Console.WriteLine(line);
        }
    }

    process.WaitForExit();
    return (process.ExitCode, string.Join('\n', lines));
}

// A failed test's line and what is said below it, once more: the end of a long output is what people are shown.
static IEnumerable<string> Failures(string output) =>
    Regex.Matches(output, @"^ +\S.* \[FAIL\]\n(?: {6,}.*\n){0,15}", RegexOptions.Multiline).Select(match => match.Value.TrimEnd());

static void Say(string what) => Console.WriteLine($"--- {TimeProvider.System.GetLocalNow():HH:mm:ss} {what}");

static string SourceFile([System.Runtime.CompilerServices.CallerFilePath] string path = "") => path;

// What came of one project's tests.
internal sealed record Tally(int Passed, int Failed, int Skipped, IReadOnlyList<string> Failures);
