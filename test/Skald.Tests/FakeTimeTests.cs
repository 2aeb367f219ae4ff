using Skald.Testing;
using Xunit;

namespace Skald.Tests;

public sealed class A_fake_clock
{
    private readonly FakeTime _time = new();

    [Fact]
    public void Fires_timers_in_the_order_of_their_times_at_their_times()
    {
        var start = _time.GetUtcNow();
        var fired = new List<(string, TimeSpan)>();
        using var b = _time.CreateTimer(_ => Fired("b"), null, TimeSpan.FromSeconds(2), Timeout.InfiniteTimeSpan);
        using var a = _time.CreateTimer(_ => Fired("a"), null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        using var later = _time.CreateTimer(_ => Fired("later"), null, TimeSpan.FromSeconds(9), Timeout.InfiniteTimeSpan);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal([("a", TimeSpan.FromSeconds(1)), ("b", TimeSpan.FromSeconds(2))], fired);
        Assert.Equal(start.AddSeconds(5), _time.GetUtcNow());

        void Fired(string name) => fired.Add((name, _time.GetUtcNow() - start));
    }

    [Fact]
    public void Repeats_periodic_timers_and_forgets_disposed_ones()
    {
        var count = 0;
        var timer = _time.CreateTimer(_ => count++, null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        _time.Advance(TimeSpan.FromSeconds(3));
        timer.Dispose();
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(3, count);
    }

    [Fact]
    public async Task Ends_delays_and_measures_them()
    {
        var from = _time.GetTimestamp();
        var delay = Task.Delay(TimeSpan.FromHours(1), _time);
        _time.Advance(TimeSpan.FromMinutes(59));
        Assert.False(delay.IsCompleted);
        _time.Advance(TimeSpan.FromMinutes(1));
        await delay;
        Assert.Equal(TimeSpan.FromHours(1), _time.GetElapsedTime(from));
    }
}
