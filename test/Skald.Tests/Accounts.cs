using System.Data.Common;

namespace Skald.Tests;

[Event("ACCOUNT_OPENED")]
public sealed record AccountOpened(string Owner) : IEvent;

[Event("MONEY_PAID_IN")]
public sealed record MoneyPaidIn(decimal Amount) : IEvent;

[Event("MONEY_TAKEN_OUT")]
public sealed record MoneyTakenOut(decimal Amount) : IEvent;

[Event("PAID")]
public sealed record PaidLongAgo(int Cents) : IEvent;

/// <summary>An account's state, and the decisions it allows.</summary>
public sealed record Account(string Owner, decimal Balance)
{
    public static IReadOnlyList<IEvent> Open(string owner) => [new AccountOpened(owner)];

    public IReadOnlyList<IEvent> PayIn(decimal amount) => [new MoneyPaidIn(amount)];
}

public sealed class AccountAggregate : Aggregate<Account>
{
    protected override void Define(AggregateBuilder<Account> aggregate) => aggregate
        .Begins<AccountOpened>(e => new Account(e.Owner, 0))
        .On<MoneyPaidIn>((account, e) => account with { Balance = account.Balance + e.Amount })
        .On<MoneyTakenOut>((account, e) => account with { Balance = account.Balance - e.Amount })
        .Upcast<PaidLongAgo, MoneyPaidIn>(old => new MoneyPaidIn(old.Cents / 100m))
        .Renamed<MoneyTakenOut>("WITHDRAWN")
        .SnapshotEvery(10);
}

/// <summary>A balance per account; it fails for an owner named in <see cref="Poison"/>.</summary>
public class BalanceList : Projection
{
    private static volatile string? _poison;

    public static string? Poison
    {
        get => _poison;
        set => _poison = value;
    }

    public override string Name => "balance_list";

    public override IReadOnlyList<string> Schema => ["CREATE TABLE IF NOT EXISTS balances (id INTEGER PRIMARY KEY, account TEXT NOT NULL UNIQUE, balance NUMERIC NOT NULL, version INTEGER NOT NULL)"];

    public override async ValueTask ApplyAsync(IReadOnlyList<RecordedEvent> events, ProjectionContext context)
    {
        foreach (var recorded in events)
        {
            switch (recorded.Event)
            {
                case AccountOpened opened:
                    if (opened.Owner == Poison)
                    {
                        throw new InvalidOperationException($"no account for {opened.Owner}");
                    }

                    await RunAsync(context, "INSERT INTO balances (id, account, balance, version) SELECT coalesce(max(id), 0) + 1, @id, 0, 1 FROM balances", recorded.Id, 0, 1);
                    break;
                case MoneyPaidIn paid:
                    await RunAsync(context, "UPDATE balances SET balance = balance + @amount, version = @version WHERE account = @id", recorded.Id, paid.Amount, recorded.Version);
                    break;
                case MoneyTakenOut taken:
                    await RunAsync(context, "UPDATE balances SET balance = balance - @amount, version = @version WHERE account = @id", recorded.Id, taken.Amount, recorded.Version);
                    break;
            }
        }
    }

    public static async Task<List<string>> ReadAsync(DbConnection connection)
    {
        await using (connection)
        {
            await using var command = connection.CreateCommand();
            command.CommandText = "SELECT id, account, balance, version FROM balances ORDER BY id";
            await using var row = await command.ExecuteReaderAsync();
            var rows = new List<string>();
            while (await row.ReadAsync())
            {
                rows.Add($"{row.GetInt64(0)} {row.GetString(1)} {row.GetDecimal(2):0.##} {row.GetInt64(3)}");
            }

            return rows;
        }
    }

    private static async Task RunAsync(ProjectionContext context, string sql, string id, decimal amount, long version)
    {
        await using var command = context.Connection.CreateCommand();
        command.Transaction = context.Transaction;
        command.CommandText = sql;
        foreach (var (name, value) in new (string, object)[] { ("id", id), ("amount", amount), ("version", version) })
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = (name, value);
            command.Parameters.Add(parameter);
        }

        await command.ExecuteNonQueryAsync(context.CancellationToken);
    }
}

/// <summary>The same rows, written in the transaction that appends.</summary>
public sealed class InlineBalanceList : BalanceList
{
    public override string Name => "inline_balance_list";
}

/// <summary>Counts events of every kind; it never fails.</summary>
public sealed class EventCount : Projection
{
    public override string Name => "event_count";

    public override IReadOnlyList<string> Schema => ["CREATE TABLE IF NOT EXISTS counts (type TEXT PRIMARY KEY, number INTEGER NOT NULL)"];

    public override async ValueTask ApplyAsync(IReadOnlyList<RecordedEvent> events, ProjectionContext context)
    {
        foreach (var type in events.GroupBy(e => e.Type))
        {
            await using var command = context.Connection.CreateCommand();
            command.Transaction = context.Transaction;
            command.CommandText = $"INSERT INTO counts VALUES ('{type.Key}', {type.Count()}) ON CONFLICT (type) DO UPDATE SET number = counts.number + excluded.number";
            await command.ExecuteNonQueryAsync(context.CancellationToken);
        }
    }
}

/// <summary>Does the same with accounts on every store.</summary>
internal static class Accounts
{
    public static Task<long> OpenAsync(SkaldService service, string id, string owner) => service.ExecuteAsync(async context =>
    {
        context.Actor = owner;
        var stream = await context.LoadAsync<Account>(id, expectedVersion: 0);
        return context.Append(stream, Account.Open(owner)).Version;
    });

    public static Task<long> PayInAsync(SkaldService service, string id, decimal amount, long? expectedVersion = null) => service.ExecuteAsync(async context =>
    {
        var stream = await context.LoadAsync<Account>(id, expectedVersion);
        return context.Append(stream, stream.State!.PayIn(amount)).Version;
    });

    public static Task CurrentAsync(SkaldService service, string projection) => Eventually.HoldsAsync(
        $"{projection} is current", async () => (await service.Projection(projection).StatusAsync()).State == ProjectionState.Current);
}
