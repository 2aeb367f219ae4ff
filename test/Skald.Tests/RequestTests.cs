using Xunit;

namespace Skald.Tests;

/// <summary>Something that is asked for under a key, and may be asked for again.</summary>
public sealed class A_request_with_a_key
{
    private const string Trips = "t.trips";
    private static readonly RequestKey Key = new("POST /trips 1", "a");

    private int _done;

    private ValueTask<Answer> DoAsync(MessageContext context) => ValueTask.FromResult(new Answer(Interlocked.Increment(ref _done), "é"));

    [Theory, EveryBackend]
    public async Task Is_done_once_and_answered_alike_also_after_a_restart(Backend backend)
    {
        using var ground = new Ground(backend);
        await using (var host = await Host.StartAsync(ground, (Trips, _ => { })))
        {
            Assert.Equal(new RequestAnswer<Answer>(new Answer(1, "é"), Repeated: false), await host[Trips].ExecuteAsync(Key, DoAsync));
            Assert.Equal(new RequestAnswer<Answer>(new Answer(1, "é"), Repeated: true), await host[Trips].ExecuteAsync(Key, DoAsync));
            Assert.False((await host[Trips].ExecuteAsync(Key with { Key = "POST /trips 2" }, DoAsync)).Repeated);
            // Without a key nobody can know.
            Assert.Equal(3, (await host[Trips].ExecuteAsync(null, DoAsync)).Value.Number);
            Assert.Equal(4, (await host[Trips].ExecuteAsync(DoAsync)).Number);
        }

        await using var again = await Host.StartAsync(ground, (Trips, _ => { }));
        Assert.Equal(new RequestAnswer<Answer>(new Answer(1, "é"), Repeated: true), await again[Trips].ExecuteAsync(Key, DoAsync));
        Assert.Equal(4, _done);
    }

    [Theory, EveryBackend]
    public async Task Is_done_once_by_many_who_ask_at_the_same_time(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await Host.StartAsync(ground, (Trips, _ => { }));
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => host[Trips].ExecuteAsync(Key, DoAsync)));
        Assert.Single(answers, a => !a.Repeated);
        Assert.Single(answers.Select(a => a.Value).Distinct());
    }

    [Theory, EveryBackend]
    public async Task Is_refused_when_something_else_was_asked_under_its_key(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await Host.StartAsync(ground, (Trips, _ => { }));
        await host[Trips].ExecuteAsync(Key, DoAsync);
        await Assert.ThrowsAsync<IdempotencyConflictException>(() => host[Trips].ExecuteAsync(Key with { Fingerprint = "b" }, DoAsync));
        Assert.Equal(1, _done);
    }

    [Theory, EveryBackend]
    public async Task Leaves_nothing_when_its_code_throws_and_its_neighbours_alone(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await Host.StartAsync(ground, (Trips, _ => { }));
        var fails = host[Trips].ExecuteAsync<int>(Key, _ => throw new InvalidOperationException("a test"));
        var neighbour = host[Trips].ExecuteAsync(Key with { Key = "another" }, DoAsync);
        Assert.Equal("a test", (await Assert.ThrowsAsync<InvalidOperationException>(() => fails)).Message);
        Assert.False((await neighbour).Repeated);
        Assert.False((await host[Trips].ExecuteAsync(Key, DoAsync)).Repeated);
    }

    [Theory, EveryBackend]
    public async Task May_be_answered_with_nothing_and_is_told_when_another_answer_is_remembered(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await Host.StartAsync(ground, (Trips, _ => { }));
        Assert.Null((await host[Trips].ExecuteAsync<string?>(Key, _ => new ValueTask<string?>((string?)null))).Value);
        Assert.Equal(new RequestAnswer<string?>(null, Repeated: true), await host[Trips].ExecuteAsync<string?>(Key, _ => new ValueTask<string?>("other")));
        await host[Trips].ExecuteAsync(Key with { Key = "text" }, _ => new ValueTask<string>("text"));
        var wrong = await Assert.ThrowsAsync<InvalidOperationException>(() => host[Trips].ExecuteAsync(Key with { Key = "text" }, _ => new ValueTask<int>(1)));
        Assert.Contains("cannot be read as Int32", wrong.Message, StringComparison.Ordinal);
    }

    [Theory, EveryBackend]
    public async Task Is_forgotten_when_its_time_is_over(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await Host.StartAsync(ground, (Trips, s => s.Configure(o => o with { RequestsKeptFor = TimeSpan.FromHours(1) })));
        await host[Trips].ExecuteAsync(Key, DoAsync);
        host.Time.Advance(TimeSpan.FromMinutes(59));
        Assert.True((await host[Trips].ExecuteAsync(Key, DoAsync)).Repeated);
        await Eventually.HoldsAsync("it is gone", async () => await host[Trips].Store.Operations.FindRequestAsync(Key.Key, default) is null, host.Time, TimeSpan.FromMinutes(1));
        Assert.False((await host[Trips].ExecuteAsync(Key, DoAsync)).Repeated);
    }

    private sealed record Answer(int Number, string Text);
}
