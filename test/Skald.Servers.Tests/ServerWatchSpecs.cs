using System.Diagnostics;
using Npgsql;
using Skald.PostgreSql;
using Xunit;

namespace Skald.Servers.Tests;

/// <summary>Who is let go on, and when, while a server is in doubt.</summary>
public sealed class A_watch_over_a_server
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private int _forgotten;
    private int _knocks;
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile TaskCompletionSource _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task Learns_nothing_from_a_connection_of_before_that_shows_late_that_it_is_broken()
    {
        await using var watch = NewWatch();
        var before = Stopwatch.GetTimestamp();
        watch.Breaks(before);
        Assert.True(watch.IsSilent);
        _answer.SetResult();
        await watch.AnswersAsync().WaitAsync(Patience);
        var forgotten = _forgotten;
        Assert.True(forgotten > 0);

        watch.Breaks(before);
        Assert.False(watch.IsSilent);
        Assert.Equal(forgotten, _forgotten);

        watch.Breaks(Stopwatch.GetTimestamp());
        await watch.AnswersAsync().WaitAsync(Patience);
        Assert.True(_forgotten > forgotten);
    }

    [Fact]
    public async Task Refuses_at_once_who_hurries_and_lets_the_others_go_on_when_the_server_is_back()
    {
        await using var watch = NewWatch();
        watch.Breaks(Stopwatch.GetTimestamp());
        var (hurries, waits) = (Ask(watch, hurries: true), Ask(watch, hurries: false));
        await _asked.Task.WaitAsync(Patience);
        var next = new TaskCompletionSource();
        next.SetResult();
        Interlocked.Exchange(ref _answer, next).SetException(new NpgsqlException("refused"));

        Assert.Equal("refused", (await Assert.ThrowsAsync<ServerAwayException>(() => hurries.WaitAsync(Patience))).Message);
        Assert.Equal(7, await waits.WaitAsync(Patience));
        Assert.Equal(2, _knocks);
    }

    [Fact]
    public async Task Refuses_the_others_too_when_it_stays_away()
    {
        await using var watch = NewWatch();
        watch.Breaks(Stopwatch.GetTimestamp());
        var waits = Ask(watch, hurries: false);
        _answer.SetException(new NpgsqlException("refused"));
        Assert.Equal("refused", (await Assert.ThrowsAsync<ServerAwayException>(() => waits.WaitAsync(Patience))).Message);
    }

    [Fact]
    public async Task Believes_what_breaks_after_a_false_alarm()
    {
        await using var watch = NewWatch();
        var before = Stopwatch.GetTimestamp();
        var late = Ask(watch, _ => new ValueTask<int>(Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System, CancellationToken.None).ContinueWith(_ => 7, TaskScheduler.Default)));
        _answer.SetResult();
        Assert.Equal(7, await late.WaitAsync(Patience));
        Assert.True(_knocks > 0);

        watch.Breaks(before);
        await watch.AnswersAsync().WaitAsync(Patience);
        Assert.True(_forgotten > 0);
    }

    private static Task<int> Ask(ServerWatch watch, Func<CancellationToken, ValueTask<int>> ask) => watch.RunAsync(ask, CancellationToken.None).AsTask();

    private static Task<int> Ask(ServerWatch watch, bool hurries) => watch.RunAsync(_ => new ValueTask<int>(7), CancellationToken.None, hurries).AsTask();

    private ServerWatch NewWatch() => new(
        () =>
        {
            Interlocked.Increment(ref _knocks);
            var answer = _answer.Task;
            _asked.TrySetResult();
            return answer;
        },
        _ => Interlocked.Increment(ref _forgotten), Patience, Patience, Patience);
}
