using Xunit;

namespace Skald.Tests;

/// <summary>Two processes of a service append to the same account; each remembers what it appended itself.</summary>
public sealed class A_remembered_stream_that_another_process_appends_to : IDisposable
{
    private readonly Ground _ground = new(Backend.Sqlite);

    public void Dispose() => _ground.Dispose();

    [Fact]
    public async Task Is_appended_to_at_its_true_end()
    {
        await using var two = await TwoAsync();
        Assert.Equal(4, await Accounts.PayInAsync(two.First, "1", 1));
        Assert.Equal(new EventStream<Account>("1", 4, new Account("ann", 16)), await two.Second.LoadAsync<Account>("1"));
    }

    [Fact]
    public async Task Is_as_it_is_to_code_that_only_reads()
    {
        await using var two = await TwoAsync();
        Assert.Equal(15, await two.First.ExecuteAsync(async context => (await context.LoadAsync<Account>("1")).State!.Balance));
    }

    [Fact]
    public async Task Is_as_it_is_to_code_that_refuses()
    {
        await using var two = await TwoAsync();
        var refusals = 0;
        Assert.Equal(4, await two.First.ExecuteAsync(async context =>
        {
            var account = await context.LoadAsync<Account>("1");
            if (account.State!.Balance < 15)
            {
                refusals++;
                throw new InvalidOperationException("too little");
            }

            return context.Append(account, new MoneyTakenOut(15)).Version;
        }));
        Assert.Equal(1, refusals);
    }

    [Fact]
    public async Task Is_read_again_for_a_caller_who_has_seen_its_true_end()
    {
        await using var two = await TwoAsync();
        Assert.Equal(4, await Accounts.PayInAsync(two.First, "1", 1, expectedVersion: 3));
        await Assert.ThrowsAsync<StreamVersionException>(() => Accounts.PayInAsync(two.First, "1", 1, expectedVersion: 3));
    }

    [Fact]
    public async Task Is_not_doubted_as_long_as_nobody_does()
    {
        await using var host = await StartAsync();
        await Accounts.OpenAsync(host["bank"], "1", "ann");
        for (var version = 2; version <= 50; version++)
        {
            Assert.Equal(version, await Accounts.PayInAsync(host["bank"], "1", 1));
        }

        var state = await host["bank"].ExecuteAsync(async context => (await context.LoadAsync<Account>("1")).State);
        Assert.Same(state, await host["bank"].ExecuteAsync(async context => (await context.LoadAsync<Account>("1")).State));
    }

    /// <summary>The first has opened the account and paid in 10, then the second has paid in 5.</summary>
    private async Task<Two> TwoAsync()
    {
        var two = new Two(await StartAsync(), await StartAsync());
        await Accounts.OpenAsync(two.First, "1", "ann");
        await Accounts.PayInAsync(two.First, "1", 10);
        Assert.Equal(3, await Accounts.PayInAsync(two.Second, "1", 5));
        return two;
    }

    private Task<Host> StartAsync() => Host.StartAsync(_ground, ("bank", s => s.AddAggregate<AccountAggregate>()));

    private sealed class Two(Host first, Host second) : IAsyncDisposable
    {
        public SkaldService First => first["bank"];

        public SkaldService Second => second["bank"];

        public async ValueTask DisposeAsync()
        {
            await first.DisposeAsync();
            await second.DisposeAsync();
        }
    }
}
