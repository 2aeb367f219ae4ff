using Skald.Runtime;
using Xunit;

namespace Skald.Tests;

public sealed class The_size_of_a_batch
{
    private const int Megabyte = 1 << 20;

    [Fact]
    public void Follows_what_its_work_takes_and_comes_back()
    {
        var bound = new BatchBound(100);
        bound.Learn(100, 80 * Megabyte);
        Assert.Equal(10, bound.Size);
        bound.Learn(10, 8 * Megabyte);
        Assert.Equal(10, bound.Size);
        bound.Learn(10, Megabyte);
        Assert.Equal(20, bound.Size);
        bound.Learn(20, 0);
        bound.Learn(40, 0);
        bound.Learn(80, 0);
        Assert.Equal(100, bound.Size);
    }

    [Fact]
    public void Is_one_for_what_is_too_large_and_not_forgotten_for_something_small()
    {
        var bound = new BatchBound(100);
        bound.Learn(2, 50 * Megabyte);
        Assert.Equal(1, bound.Size);
        bound.Learn(0, 0);
        Assert.Equal(1, bound.Size);

        bound = new BatchBound(100);
        bound.Learn(100, 16 * Megabyte);
        bound.Learn(1, 100);
        Assert.Equal(50, bound.Size);
    }
}
