using Skald.PostgreSql;
using Xunit;

namespace Skald.Servers.Tests;

public sealed class Connections_that_are_opened_one_by_one
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private int _opening;
    private int _most;

    [Fact]
    public async Task Are_never_opened_two_at_once()
    {
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => OneByOne.OpenAsync(_turn, OpenAsync, CancellationToken.None).AsTask()));
        Assert.Equal(1, _most);
    }

    [Fact]
    public async Task Wait_no_longer_for_one_that_hangs_than_a_moment()
    {
        var hangs = new TaskCompletionSource<bool>();
        var hanging = OneByOne.OpenAsync(_turn, _ => new ValueTask<bool>(hangs.Task), CancellationToken.None);
        Assert.True(await OneByOne.OpenAsync(_turn, OpenAsync, CancellationToken.None).AsTask().WaitAsync(TimeSpan.FromSeconds(20)));
        hangs.SetException(new InvalidOperationException());
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await hanging);
        Assert.Equal(1, _turn.CurrentCount);
    }

    private async ValueTask<bool> OpenAsync(CancellationToken cancellationToken)
    {
        _most = Math.Max(_most, Interlocked.Increment(ref _opening));
        await Task.Yield();
        Interlocked.Decrement(ref _opening);
        return true;
    }
}
