using System.Data.Common;
using Skald.Sqlite;
using Skald.Storage;
using Xunit;

namespace Skald.Tests;

/// <summary>Lets a projector die where a crash could find it: before its rows, between rows and checkpoint, after the commit.</summary>
public sealed class A_projector_that_dies : IDisposable
{
    private const int Deaths = 50;

    private readonly Ground _ground = new(Backend.Sqlite);
    private readonly TempFolder _folder = new();

    [Theory]
    [InlineData("before its transaction")]
    [InlineData("between rows and checkpoint")]
    [InlineData("after the commit")]
    public async Task Leaves_rows_that_equal_a_rebuild_and_the_fold(string place)
    {
        DyingStore? dying = null;
        await using var host = await Host.StartAsync(_ground, ("bank", s => s.AddAggregate<AccountAggregate>().AddProjection<BalanceList>(p =>
        {
            p.PageSize = 7;
            p.UseStore((_, projection) => dying = new DyingStore(new SqliteProjectionStore("t.bank", projection.Name, _folder.File("balances.db"), new SqliteOptions()), place));
        })));
        var bank = host["bank"];
        for (var i = 0; i < 10; i++)
        {
            await Accounts.OpenAsync(bank, $"{i}", "ann");
        }

        var paid = 0;
        await Eventually.HoldsAsync(
            "it has died often enough",
            async () =>
            {
                await Task.WhenAll(Enumerable.Range(paid, 10).Select(i => Accounts.PayInAsync(bank, $"{i % 10}", i)));
                paid += 10;
                return dying!.Deaths >= Deaths;
            },
            _ground.Time, TimeSpan.FromSeconds(2));
        dying!.Immortal = true;
        await Eventually.HoldsAsync(
            "it is current", async () => (await bank.Projection("balance_list").StatusAsync()).State == ProjectionState.Current, _ground.Time, TimeSpan.FromSeconds(1));

        var rows = await BalanceList.ReadAsync(await bank.Projection("balance_list").OpenAsync(TestContext.Current.CancellationToken));
        var fold = new List<string>();
        foreach (var (id, account) in rows.Select(r => r.Split(' ')).Select(r => (r[0], r[1])))
        {
            var stream = await bank.LoadAsync<Account>(account, TestContext.Current.CancellationToken);
            fold.Add($"{id} {account} {stream.State!.Balance:0.##} {stream.Version}");
        }

        Assert.Equal(10, rows.Count);
        Assert.Equal(fold, rows);
        var rebuilt = await bank.Projection("balance_list").RebuildAsync(cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal([new TableDifference("balances", 10, 10, 0, 0)], rebuilt.Tables);
    }

    public void Dispose()
    {
        _ground.Dispose();
        _folder.Dispose();
    }

    /// <summary>Dies at one place, every other time it comes by; what was not committed is rolled back, as when a process dies.</summary>
    private sealed class DyingStore(SqliteProjectionStore store, string place) : IProjectionStore
    {
        private int _visits;

        public int Deaths { get; private set; }

        public bool Immortal { get; set; }

        public string Description => store.Description;

        public Task StartAsync(IReadOnlyList<string> schema, CancellationToken cancellationToken) => store.StartAsync(schema, cancellationToken);

        public async ValueTask<IProjectionUnit> BeginAsync(ProjectionTables tables, CancellationToken cancellationToken)
        {
            DieAt("before its transaction", tables);
            return new Unit(this, await store.BeginAsync(tables, cancellationToken), tables);
        }

        public ValueTask<ProjectionCheckpoint?> FindAsync(CancellationToken cancellationToken) => store.FindAsync(cancellationToken);

        public ValueTask ReportAsync(string problem, CancellationToken cancellationToken) => store.ReportAsync(problem, cancellationToken);

        public ValueTask<DbConnection> OpenAsync(CancellationToken cancellationToken) => store.OpenAsync(cancellationToken);

        public Task BeginRebuildAsync(IReadOnlyList<string> schema, CancellationToken cancellationToken) => store.BeginRebuildAsync(schema, cancellationToken);

        public Task<IReadOnlyList<TableDifference>> EndRebuildAsync(
            Func<EventPosition, Task<EventPosition>> catchUp, Func<IReadOnlyList<TableDifference>, bool> takeOver, CancellationToken cancellationToken) =>
            store.EndRebuildAsync(catchUp, takeOver, cancellationToken);

        public Task AbandonRebuildAsync(CancellationToken cancellationToken) => store.AbandonRebuildAsync(cancellationToken);

        public bool IsOutage(Exception exception) => store.IsOutage(exception);

        public ValueTask DisposeAsync() => store.DisposeAsync();

        private void DieAt(string here, ProjectionTables tables)
        {
            if (here == place && !Immortal && tables == ProjectionTables.Live && ++_visits % 2 == 0)
            {
                Deaths++;
                throw new StoreUnavailableException($"died {here}");
            }
        }

        private sealed class Unit(DyingStore owner, IProjectionUnit unit, ProjectionTables tables) : IProjectionUnit
        {
            public DbTransaction Transaction => unit.Transaction;

            public EventPosition Position => unit.Position;

            public async ValueTask CommitAsync(EventPosition position, CancellationToken cancellationToken)
            {
                owner.DieAt("between rows and checkpoint", tables);
                await unit.CommitAsync(position, cancellationToken);
                owner.DieAt("after the commit", tables);
            }

            public ValueTask DisposeAsync() => unit.DisposeAsync();
        }
    }
}
