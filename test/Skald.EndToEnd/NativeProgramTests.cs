using System.Diagnostics;

namespace Skald.EndToEnd;

[Collection("Native")]
public sealed class A_program_that_is_compiled_ahead_of_time : IDisposable
{
    private const int Starts = 7;
    private readonly string _data = Directory.CreateTempSubdirectory("skald-native-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    /// <summary>The quickest of some: what else the machine did is no part of it.</summary>
    [Fact]
    public async Task Answers_that_it_is_ready_within_a_tenth_of_a_second()
    {
        var times = new List<double>();
        for (var i = 0; i < Starts; i++)
        {
            var watch = Stopwatch.StartNew();
            using var order = await FoodOrdersProcess.StartProgramAsync(NativeOrderService.File, _data);
            Assert.Contains("ready", await order.Http.GetStringAsync("health/ready"), StringComparison.Ordinal);
            times.Add(watch.Elapsed.TotalMilliseconds);
        }

        Assert.True(times.Min() < 100, $"Ready after {string.Join(", ", times.Select(t => $"{t:0}"))} ms.");
    }

    [Fact]
    public async Task Rests_in_68_megabytes()
    {
        using var order = await FoodOrdersProcess.StartProgramAsync(NativeOrderService.File, _data);
        Assert.Contains("ready", await order.Http.GetStringAsync("health/ready"), StringComparison.Ordinal);

        await Eventually.TrueAsync("it has given back what its start has left", () => Task.FromResult(order.Resident is > 0 and < 68_000_000));
    }
}
