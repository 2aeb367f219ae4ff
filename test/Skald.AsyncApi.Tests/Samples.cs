using System.Diagnostics;
using System.Reflection;
using System.Runtime.CompilerServices;
using Skald.TestServers;

namespace Skald.AsyncApi.Tests;

/// <summary>Every service of every system: whatever module lies beside the tests.</summary>
internal static class Samples
{
    public static IReadOnlyList<ServiceModule> Modules { get; } = Find();

    /// <summary>The services' names, as rows of a theory.</summary>
    public static TheoryData<string> Names => [.. Modules.Select(m => m.FullName)];

    public static string Root { get; } = FindRoot();

    /// <summary>What a service's executable prints; it must not need database or broker.</summary>
    public static async Task<string> PrintAsync(string service, params string[] args)
    {
        var (exitCode, output, error) = await RunServiceAsync(service, ["asyncapi", .. args]);
        Assert.True(exitCode == 0, error);
        return output;
    }

    /// <summary>Runs a command of a service's executable that needs neither database nor broker.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> RunServiceAsync(string service, params string[] args)
    {
        var module = Modules.Single(m => m.FullName == service);
        var assembly = module.GetType().Assembly.GetName().Name;
        var data = Path.Combine(Path.GetTempPath(), $"skald-nothing-{Environment.ProcessId}");
        var result = await RunAsync("dotnet", [Path.Combine(AppContext.BaseDirectory, assembly + ".dll"), .. args, "--data", data], AppContext.BaseDirectory);
        Assert.False(Directory.Exists(data), "Files were made where none were needed.");
        return result;
    }

    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(string program, IEnumerable<string> args, string folder)
    {
        var start = new ProcessStartInfo(program, args) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} cannot be started.");
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output, await error);
    }

    /// <summary>On a laptop a test whose needs are missing is skipped with the reason; under CI it fails.</summary>
    public static void Need(string? missing)
    {
        Assert.False(missing is not null && Requirements.MustRun, missing);
        Assert.SkipWhen(missing is not null, missing ?? "");
    }

    private static List<ServiceModule> Find() =>
    [
        .. Directory.GetFiles(AppContext.BaseDirectory, "*.dll")
            .Where(file => !Path.GetFileName(file).StartsWith("Skald.", StringComparison.Ordinal))
            .Where(file => File.Exists(Path.ChangeExtension(file, ".runtimeconfig.json")))
            .SelectMany(file => Assembly.LoadFrom(file).GetExportedTypes())
            .Where(type => type.IsSubclassOf(typeof(ServiceModule)) && !type.IsAbstract)
            .Select(type => (ServiceModule)Activator.CreateInstance(type)!) // Modules have a constructor without parameters.
            .OrderBy(module => module.FullName, StringComparer.Ordinal),
    ];

    private static string FindRoot([CallerFilePath] string here = "")
    {
        var folder = Path.GetDirectoryName(here);
        while (folder is not null && !File.Exists(Path.Combine(folder, "Skald.slnx")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException("Skald.slnx was not found above the tests.");
    }
}
