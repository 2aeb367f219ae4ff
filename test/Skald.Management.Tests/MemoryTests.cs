using Skald.Storage;

namespace Skald.Management.Tests;

/// <summary>Repeats under one key.</summary>
public sealed class What_was_asked_for_under_a_key
{
    private readonly ActMemory _memory = new();
    private readonly TaskCompletionSource<ActResult> _act = new();
    private int _done;

    [Fact]
    public async Task Goes_on_when_its_caller_has_gone_and_is_told_to_the_next()
    {
        using var gone = new CancellationTokenSource();
        var first = AskAsync(gone.Token);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);

        var second = AskAsync(default);
        _act.SetResult(new ActResult("s", "1", "retry", 8, "running", "Done."));
        Assert.Equal((true, 8, 1), ((await second).Repeated, (await second).Version, _done));
    }

    [Fact]
    public async Task Is_not_done_again_when_nobody_knows_what_came_of_it()
    {
        _act.SetException(new StoreUnavailableException("its answer was lost"));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => AskAsync(default));
        Assert.Equal(503, (await Assert.ThrowsAsync<ManagementException>(() => AskAsync(default))).Problem.Status);
        Assert.Equal(1, _done);
    }

    [Fact]
    public async Task May_be_tried_again_when_nothing_was_done()
    {
        _act.SetException(new SagaMovedOnException(default, 7, 8));
        await Assert.ThrowsAsync<SagaMovedOnException>(() => AskAsync(default));
        await Assert.ThrowsAsync<SagaMovedOnException>(() => AskAsync(default));
        Assert.Equal(2, _done);
    }

    private Task<ActResult> AskAsync(CancellationToken cancellationToken) => _memory.OnceAsync(
        "key", "fingerprint",
        () =>
        {
            _done++;
            return _act.Task;
        },
        cancellationToken);
}
