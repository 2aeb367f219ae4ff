using Dapper;
using ParkingChoreography.Contracts;
using Skald;

namespace ParkingChoreography.Billing;

/// <summary>The bills: <c>pending</c> → <c>paid</c> → <c>refunded</c>, or <c>pending</c> → <c>cancelled</c>.</summary>
/// <remarks>Each change is one conditional update, so of two that come at once the second sees what the first did.</remarks>
internal static class Bills
{
    public static readonly string[] Schema =
    [
        """
        CREATE TABLE IF NOT EXISTS billing_request (
            id BIGINT PRIMARY KEY, total_cents BIGINT NOT NULL, paid_cents BIGINT NOT NULL, status TEXT NOT NULL,
            parking_slot_uuid TEXT NOT NULL, reference_no TEXT NOT NULL UNIQUE)
        """,
        "CREATE INDEX IF NOT EXISTS billing_request_by_slot ON billing_request (parking_slot_uuid)",
    ];

    private const long TotalCents = 100_00;

    private const string Select = """
        SELECT id AS Id, total_cents AS TotalCents, status AS Status,
            CASE WHEN (SELECT count(*) FROM billing_request other WHERE other.parking_slot_uuid = bill.parking_slot_uuid) = 1
                THEN parking_slot_uuid ELSE reference_no END AS ReferenceNo
        FROM billing_request bill
        """;

    /// <summary>Opens a booking's bill, once.</summary>
    public static void Open(string referenceNo, string slot, MessageContext context)
    {
        if (!Exists(referenceNo, context))
        {
            context.Connection.Execute(
                "INSERT INTO billing_request (id, total_cents, paid_cents, status, parking_slot_uuid, reference_no) VALUES (@id, @TotalCents, 0, 'pending', @slot, @referenceNo)",
                new { id = Money.NextId("billing_request", context), TotalCents, slot, referenceNo }, context.Transaction);
        }
    }

    public static bool Exists(string referenceNo, MessageContext context) => context.Connection.QuerySingle<long>(
        "SELECT count(*) FROM billing_request WHERE reference_no = @referenceNo", new { referenceNo }, context.Transaction) == 1;

    /// <summary>Takes a payment, and tells the others when it was the last that was missing.</summary>
    /// <exception cref="RefusedException">The bill takes no such payment; nothing is stored.</exception>
    public static Task<BillEntry> PayAsync(SkaldService service, long bill, long cents) => service.ExecuteAsync(context =>
    {
        var taken = context.Connection.Execute(
            """
            UPDATE billing_request
            SET paid_cents = paid_cents + @cents, status = CASE WHEN paid_cents + @cents = total_cents THEN 'paid' ELSE status END
            WHERE id = @bill AND status = 'pending' AND paid_cents + @cents <= total_cents
            """,
            new { bill, cents }, context.Transaction) == 1;
        var (status, referenceNo, total, paid) = context.Connection.QuerySingle<PaidRow>(
            "SELECT status AS Status, reference_no AS ReferenceNo, total_cents AS TotalCents, paid_cents AS PaidCents FROM billing_request WHERE id = @bill", new { bill }, context.Transaction);
        if (!taken)
        {
            throw new RefusedException(status switch
            {
                "pending" => FormattableString.Invariant(
                    $"Payment is over {Money.Amount(paid + cents - total):0.00}. Unable to process payment transaction: {Money.Amount(total - paid):0.00} is left to pay."),
                "paid" => "Billing request already paid.",
                _ => $"Billing request is {status}: it takes no more payments.",
            });
        }

        var entry = Money.AddEntry(bill, "payment", cents, context);
        if (status == "paid")
        {
            context.Publish(new BillPaid(referenceNo, Money.Amount(total)), flow: referenceNo);
        }

        return ValueTask.FromResult(entry);
    });

    /// <summary>Closes a bill that comes to nothing and returns what was paid of it.</summary>
    /// <returns>The sum returned; null when the bill is not there or does not stand where it must, and nothing was done.</returns>
    public static decimal? Close(string referenceNo, string from, string to, MessageContext context)
    {
        var closed = context.Connection.Execute(
            "UPDATE billing_request SET status = @to WHERE reference_no = @referenceNo AND status = @from",
            new { referenceNo, from, to }, context.Transaction) == 1;
        if (!closed)
        {
            return null;
        }

        var (bill, paid) = context.Connection.QuerySingle<ClosedRow>(
            "SELECT id AS Id, paid_cents AS PaidCents FROM billing_request WHERE reference_no = @referenceNo", new { referenceNo }, context.Transaction);
        if (paid > 0)
        {
            Money.AddEntry(bill, "refund", paid, context);
        }

        return Money.Amount(paid);
    }

    public static async Task<IReadOnlyList<Bill>> AllAsync(SkaldService service, CancellationToken cancellationToken)
    {
        await using var connection = await service.OpenAsync(cancellationToken);
        return Read(await connection.QueryAsync<BillRow>($"{Select} ORDER BY id"));
    }

    /// <summary>The bills that a slot's uuid or a full reference means, each with its full reference.</summary>
    public static async Task<IReadOnlyList<Bill>> FindAsync(SkaldService service, string referenceNo, CancellationToken cancellationToken)
    {
        if (BookingReference.Normalize(referenceNo) is not { } known)
        {
            return [];
        }

        await using var connection = await service.OpenAsync(cancellationToken);
        return Read(await connection.QueryAsync<BillRow>(
            $"{Select} WHERE parking_slot_uuid = @known OR reference_no = @known ORDER BY id", new { known }));
    }

    private static List<Bill> Read(IEnumerable<BillRow> rows) =>
        [.. rows.Select(row => new Bill(row.Id, Money.Amount(row.TotalCents), row.Status, row.ReferenceNo))];

    internal sealed record BillRow(long Id, long TotalCents, string Status, string ReferenceNo);

    internal sealed record PaidRow(string Status, string ReferenceNo, long TotalCents, long PaidCents);

    internal sealed record ClosedRow(long Id, long PaidCents);
}
