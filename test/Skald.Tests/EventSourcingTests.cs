using Skald.Diagnostics;
using Skald.Storage;
using Xunit;

namespace Skald.Tests;

public sealed class An_aggregate : IDisposable
{
    private readonly List<Ground> _grounds = [];

    [Fact]
    public void Is_the_fold_of_its_events() =>
        Assert.Equal(new Account("ann", 7), new AccountAggregate().Fold([new AccountOpened("ann"), new MoneyPaidIn(10), new MoneyTakenOut(3)]));

    [Fact]
    public void Does_not_begin_twice_and_nothing_happens_to_it_before()
    {
        var aggregate = new AccountAggregate();
        Assert.Throws<InvalidOperationException>(() => aggregate.Fold([new AccountOpened("ann"), new AccountOpened("ann")]));
        Assert.Throws<InvalidOperationException>(() => aggregate.Fold([new MoneyPaidIn(1)]));
    }

    [Theory]
    [InlineData(Backend.Memory)]
    [InlineData(Backend.Sqlite)]
    public async Task Is_stored_as_events_and_read_back_with_its_history(Backend backend)
    {
        await using var host = await StartAsync(backend);
        var bank = host["bank"];
        Assert.Equal(1, await Accounts.OpenAsync(bank, "1", "ann"));
        Assert.Equal(2, await Accounts.PayInAsync(bank, "1", 10));

        Assert.Equal(new EventStream<Account>("1", 2, new Account("ann", 10)), await bank.LoadAsync<Account>("1"));
        var history = await bank.HistoryAsync<Account>("1").ToListAsync();
        Assert.Equal(["1 ACCOUNT_OPENED ann", "2 MONEY_PAID_IN "], history.Select(e => $"{e.Version} {e.Type} {e.Actor}"));
        Assert.All(history, e => Assert.Equal(host.Time.GetUtcNow(), e.At));
        Assert.All(history, e => Assert.NotNull(e.Causation));
        Assert.Empty(await bank.HistoryAsync<Account>("2").ToListAsync());
    }

    [Theory]
    [InlineData(Backend.Memory)]
    [InlineData(Backend.Sqlite)]
    public async Task Refuses_a_stale_expected_version_and_stores_nothing(Backend backend)
    {
        await using var host = await StartAsync(backend);
        var bank = host["bank"];
        await Accounts.OpenAsync(bank, "1", "ann");
        await Accounts.PayInAsync(bank, "1", 10);
        var refused = await Assert.ThrowsAsync<StreamVersionException>(() => Accounts.PayInAsync(bank, "1", 5, expectedVersion: 1));
        Assert.Equal((1, 2), (refused.Expected, refused.Actual));
        Assert.Equal(2, (await bank.LoadAsync<Account>("1")).Version);
        await Assert.ThrowsAsync<StreamVersionException>(() => Accounts.OpenAsync(bank, "1", "bob"));
    }

    [Fact]
    public async Task Refuses_what_was_decided_on_a_state_that_has_changed_since()
    {
        await using var host = await StartAsync(Backend.Sqlite);
        var bank = host["bank"];
        await Accounts.OpenAsync(bank, "1", "ann");
        await Assert.ThrowsAsync<StreamVersionException>(() => bank.ExecuteAsync(async context =>
        {
            var stream = await context.LoadAsync<Account>("1");
            context.Append(stream, stream.State!.PayIn(1));
            return context.Append(stream, stream.State!.PayIn(2)).Version;
        }));
        Assert.Equal(1, (await bank.LoadAsync<Account>("1")).Version);
    }

    [Theory]
    [InlineData(Backend.Memory)]
    [InlineData(Backend.Sqlite)]
    public async Task Gets_all_events_of_an_append_or_none(Backend backend)
    {
        await using var host = await StartAsync(backend);
        var bank = host["bank"];
        await Accounts.OpenAsync(bank, "1", "ann");
        await bank.ExecuteAsync(async context =>
        {
            var stream = await context.LoadAsync<Account>("1");
            // The second cannot follow; a caller may well make a refusal of it.
            Assert.Throws<InvalidOperationException>(() => context.Append(stream, [new MoneyPaidIn(5), new AccountOpened("bob")]));
            return 0;
        });
        Assert.Equal(new EventStream<Account>("1", 1, new Account("ann", 0)), await bank.LoadAsync<Account>("1"));
        Assert.Equal(2, await Accounts.PayInAsync(bank, "1", 7));
    }

    [Theory]
    [InlineData(Backend.Memory)]
    [InlineData(Backend.Sqlite)]
    public async Task Is_appended_to_by_many_callers_of_one_batch(Backend backend)
    {
        await using var host = await StartAsync(backend);
        var bank = host["bank"];
        await Accounts.OpenAsync(bank, "1", "ann");
        await Task.WhenAll(Enumerable.Range(0, 300).Select(_ => Accounts.PayInAsync(bank, "1", 1)));
        Assert.Equal(new EventStream<Account>("1", 301, new Account("ann", 300)), await bank.LoadAsync<Account>("1"));
    }

    [Theory]
    [InlineData(Backend.Memory)]
    [InlineData(Backend.Sqlite)]
    public async Task Is_not_changed_by_code_that_fails(Backend backend)
    {
        await using var host = await StartAsync(backend);
        var bank = host["bank"];
        await Accounts.OpenAsync(bank, "1", "ann");
        var failing = bank.ExecuteAsync<int>(async context =>
        {
            context.Append(await context.LoadAsync<Account>("1"), new MoneyPaidIn(1));
            throw new InvalidOperationException("no");
        });
        var neighbours = Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Accounts.PayInAsync(bank, "1", 1)));
        await Assert.ThrowsAsync<InvalidOperationException>(() => failing);
        await neighbours;
        Assert.Equal(20, (await bank.LoadAsync<Account>("1")).State!.Balance);
    }

    [Theory]
    [InlineData(Backend.Memory)]
    [InlineData(Backend.Sqlite)]
    public async Task Reads_events_of_the_past_as_those_of_today(Backend backend)
    {
        await using var host = await StartAsync(backend);
        var bank = host["bank"];
        await Accounts.OpenAsync(bank, "1", "ann");
        await using (var unit = await bank.Store.BeginAsync(new LoadRequest(), CancellationToken.None))
        {
            var changes = new Changes();
            changes.Events.Add(new EventRow("account/1", 2, "PAID", "{\"cents\":1250}"u8.ToArray(), 0, null, null, null));
            changes.Events.Add(new EventRow("account/1", 3, "WITHDRAWN", "{\"amount\":2}"u8.ToArray(), 0, null, null, null));
            await unit.CommitAsync(changes, CancellationToken.None);
        }

        Assert.Equal(4, await Accounts.PayInAsync(bank, "1", 1));
        Assert.Equal(11.5m, (await bank.LoadAsync<Account>("1")).State!.Balance);
        Assert.Equal(new MoneyPaidIn(12.5m), (await bank.HistoryAsync<Account>("1", afterVersion: 1).FirstAsync()).Event);
    }

    [Theory]
    [InlineData(Backend.Memory)]
    [InlineData(Backend.Sqlite)]
    public async Task Is_loaded_from_its_snapshot_once_it_is_long(Backend backend)
    {
        await using var host = await StartAsync(backend);
        var bank = host["bank"];
        await Accounts.OpenAsync(bank, "1", "ann");
        for (var i = 0; i < 24; i++)
        {
            await Accounts.PayInAsync(bank, "1", 1);
        }

        await using (var unit = await bank.Store.BeginAsync(new LoadRequest(), CancellationToken.None))
        {
            var rows = await unit.Streams!.ReadStreamAsync("account/1", new AccountAggregate().BuildPlan([]).Shape, CancellationToken.None);
            Assert.Equal(20, rows.Snapshot?.Version);
            Assert.Equal(5, rows.Events.Count);
        }

        Assert.Equal(26, await Accounts.PayInAsync(bank, "1", 1));
        Assert.Equal(25, (await bank.LoadAsync<Account>("1")).State!.Balance);
    }

    [Fact]
    public void Has_a_shape_that_changes_with_its_state()
    {
        Assert.Equal(EventSourcing.StateShape.Of(typeof(Account)), EventSourcing.StateShape.Of(typeof(SameAsAccount)));
        Assert.NotEqual(EventSourcing.StateShape.Of(typeof(Account)), EventSourcing.StateShape.Of(typeof(MoneyPaidIn)));
    }

    [Fact]
    public void That_makes_no_sense_is_refused_with_all_its_problems()
    {
        var problems = new List<string>();
        new WrongAggregate().BuildPlan(problems);
        Assert.Equal(["SKALD150", "SKALD151", "SKALD152", "SKALD154", "SKALD155"], problems.Select(p => p[..8]).Order());
    }

    public void Dispose() => _grounds.ForEach(g => g.Dispose());

    private Task<Host> StartAsync(Backend backend)
    {
        _grounds.Add(new Ground(backend));
        return Host.StartAsync(_grounds[^1], ("bank", s => s.AddAggregate<AccountAggregate>()));
    }

    private sealed record SameAsAccount(string Owner, decimal Balance);

    private sealed class WrongAggregate : Aggregate<SameAsAccount>
    {
        public override string Name => "Wrong Name";

        protected override void Define(AggregateBuilder<SameAsAccount> aggregate) => aggregate
            .On<MoneyPaidIn>((state, _) => state)
            .On<MoneyPaidIn>((state, _) => state)
            .Upcast<PaidLongAgo, MoneyTakenOut>(old => new MoneyTakenOut(old.Cents))
            .SnapshotEvery(1);
    }
}
