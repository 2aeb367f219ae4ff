using System.Globalization;
using Dapper;
using Skald;

namespace ParkingChoreography.Billing;

/// <summary>The ledger: every payment and every refund is a row, and no row is ever changed.</summary>
/// <remarks>Amounts are stored in cents: SQLite would keep decimals as binary fractions, whose sums are off by a little.</remarks>
internal static class Money
{
    public static readonly string[] Schema =
    [
        "CREATE TABLE IF NOT EXISTS billing_entry (id BIGINT PRIMARY KEY, billing_request_id BIGINT NOT NULL, kind TEXT NOT NULL, cents BIGINT NOT NULL)",
        "CREATE INDEX IF NOT EXISTS billing_entry_by_bill ON billing_entry (billing_request_id)",
        "CREATE TABLE IF NOT EXISTS numbering (name TEXT PRIMARY KEY, last BIGINT NOT NULL)",
    ];

    /// <summary>Reads an amount as people type it: positive, at most two decimals.</summary>
    /// <exception cref="RefusedException">It is not one.</exception>
    public static long CentsOf(string text) =>
        !decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount)
            ? throw new RefusedException($"'{text}' is not an amount. Give a number such as 100 or 99.50.")
        : amount <= 0 ? throw new RefusedException($"An amount is more than 0, and {text} is not. Give a number such as 100 or 99.50.")
        : amount.Scale > 2 ? throw new RefusedException($"An amount has at most two decimals, and {text} has {amount.Scale}. Give a number such as 100 or 99.50.")
        : amount > 1_000_000_000 ? throw new RefusedException($"{text} is more than anybody pays for parking.")
        : (long)(amount * 100);

    public static decimal Amount(long cents) => cents / 100m;

    public static BillEntry AddEntry(long bill, string kind, long cents, MessageContext context)
    {
        var entry = new BillEntry(NextId("billing_entry", context), Amount(cents), bill);
        context.Connection.Execute(
            "INSERT INTO billing_entry (id, billing_request_id, kind, cents) VALUES (@Id, @bill, @kind, @cents)",
            new { entry.Id, bill, kind, cents }, context.Transaction);
        return entry;
    }

    public static async Task<IReadOnlyList<BillEntry>> EntriesAsync(SkaldService service, long bill, string kind, CancellationToken cancellationToken)
    {
        await using var connection = await service.OpenAsync(cancellationToken);
        var rows = await connection.QueryAsync<EntryRow>(
            "SELECT id AS Id, cents AS Cents FROM billing_entry WHERE billing_request_id = @bill AND kind = @kind ORDER BY id", new { bill, kind });
        return [.. rows.Select(row => new BillEntry(row.Id, Amount(row.Cents), bill))];
    }

    public static long NextId(string name, MessageContext context)
    {
        // The row's lock makes the numbers unique between nodes, too.
        context.Connection.Execute(
            "INSERT INTO numbering (name, last) VALUES (@name, 1) ON CONFLICT (name) DO UPDATE SET last = numbering.last + 1",
            new { name }, context.Transaction);
        return context.Connection.QuerySingle<long>("SELECT last FROM numbering WHERE name = @name", new { name }, context.Transaction);
    }

    internal sealed record EntryRow(long Id, long Cents);
}
