using Skald.ServiceHost;
using Xunit;

namespace Skald.Tests;

public sealed class A_process_that_has_come_to_rest
{
    private const long Usual = 100;

    [Fact]
    public void Gives_back_what_its_start_has_left_at_its_third_look()
    {
        var watch = new RestWatch();
        Assert.Equal([false, false, true], Enumerable.Range(0, 3).Select(look => watch.Wants(0.01, Usual, look)));
    }

    [Fact]
    public void Gives_memory_back_at_its_third_look_if_it_has_grown()
    {
        var watch = AtRest();
        Assert.False(watch.Wants(0.5, 300, 4));
        Assert.Equal([false, false, true], Enumerable.Range(5, 3).Select(look => watch.Wants(0.01, 300, look)));
    }

    [Theory]
    [InlineData(0.5, 300)]
    [InlineData(0.01, 110)]
    public void Does_not_while_it_works_or_has_what_it_always_had(double busy, long has)
    {
        var watch = AtRest();
        Assert.DoesNotContain(true, Enumerable.Range(4, 10).Select(look => watch.Wants(busy, has, look)));
    }

    [Fact]
    public void Stands_still_for_that_a_hundredth_of_the_time_at_most()
    {
        var watch = AtRest();
        watch.Gave(300, 200, begun: 10, now: 12);
        Assert.False(watch.Wants(0.01, 200, 211));
        Assert.True(watch.Wants(0.01, 200, 212));
    }

    [Fact]
    public void Takes_what_it_cannot_give_back_for_its_own()
    {
        var watch = AtRest();
        watch.Gave(300, 290, begun: 10, now: 10);
        Assert.False(watch.Wants(0.01, 340, 20));
        Assert.True(watch.Wants(0.01, 350, 20));
    }

    /// <summary>One that has given back what its start had left, and rests with what it usually has.</summary>
    private static RestWatch AtRest()
    {
        var watch = new RestWatch();
        Assert.Contains(true, Enumerable.Range(0, 3).Select(look => watch.Wants(0.01, 300, look)));
        watch.Gave(300, Usual, begun: 3, now: 3);
        return watch;
    }
}

public sealed class The_buffers_of_connections
{
    [Fact]
    public void Are_kept_up_to_a_number_and_no_more()
    {
        using var pool = new ConnectionBuffers().Create();
        Assert.Throws<ArgumentOutOfRangeException>(() => pool.Rent(pool.MaxBufferSize + 1));
        var first = Enumerable.Range(0, 300).Select(_ => pool.Rent(pool.MaxBufferSize)).ToList();
        Assert.All(first, buffer => Assert.Equal(4096, buffer.Memory.Length));
        Assert.Equal(300, first.Distinct().Count());
        first.ForEach(buffer => buffer.Dispose());
        Assert.Equal(256, Enumerable.Range(0, 300).Select(_ => pool.Rent()).Intersect(first).Count());
    }
}
