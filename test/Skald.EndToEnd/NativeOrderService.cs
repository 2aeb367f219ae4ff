using System.Diagnostics;

namespace Skald.EndToEnd;

/// <summary>The order service, compiled ahead of time once for all tests that run it.</summary>
public sealed class NativeOrderService : IAsyncLifetime
{
    private const string Output = "artifacts/native/order";

    /// <summary>The program.</summary>
    public static string File { get; } = Path.Combine(ReadmeTests.Root(), Output, "FoodOrders.OrderService");

    public async ValueTask InitializeAsync()
    {
        string[] arguments =
        [
            "publish", "samples/FoodOrders/OrderService/FoodOrders.OrderService.csproj", "-c", "Release", "-p:Native=true", "--use-current-runtime",
            "--artifacts-path", "artifacts/native", "-o", Output, "-v", "quiet", "-nologo", "-p:NuGetAudit=false",
        ];
        using var publish = Process.Start(new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = ReadmeTests.Root(), RedirectStandardOutput = true })!;
        var said = await publish.StandardOutput.ReadToEndAsync();
        await publish.WaitForExitAsync();
        Assert.True(publish.ExitCode == 0 && !said.Contains("warning", StringComparison.OrdinalIgnoreCase), said);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>Tests of the program that was compiled ahead of time. Compiling it takes both cores: they run after the others.</summary>
[CollectionDefinition("Native", DisableParallelization = true)]
public sealed class NativeCollection : ICollectionFixture<NativeOrderService>;
