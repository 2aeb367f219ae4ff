using Dapper;
using Skald;

namespace ParkingOrchestration.Billing;

/// <summary>The bills, and the movements of money that they stand for.</summary>
internal static class Bills
{
    public const decimal DefaultTotal = 100.00m;

    public static readonly string[] Schema =
    [
        "CREATE TABLE IF NOT EXISTS billing_request (id BIGINT PRIMARY KEY, total NUMERIC(12,2) NOT NULL, status TEXT NOT NULL, reference_no TEXT NOT NULL UNIQUE)",
        "CREATE TABLE IF NOT EXISTS billing_entry (id BIGINT PRIMARY KEY, reference_no TEXT NOT NULL, kind TEXT NOT NULL, amount NUMERIC(12,2) NOT NULL)",
        "CREATE TABLE IF NOT EXISTS numbering (name TEXT PRIMARY KEY, last BIGINT NOT NULL)",
    ];

    private const string Select = "SELECT id AS Id, total AS Total, status AS Status, reference_no AS ReferenceNo FROM billing_request";

    /// <summary>The status of a reference's bill; null when it has none.</summary>
    public static string? StatusOf(string referenceNo, MessageContext context) => context.Connection.QuerySingleOrDefault<string?>(
        "SELECT status FROM billing_request WHERE reference_no = @referenceNo", new { referenceNo }, context.Transaction);

    /// <summary>Adds a bill, and the payment if it is paid.</summary>
    /// <returns>The status it was added with.</returns>
    public static string Add(string referenceNo, decimal total, string status, MessageContext context)
    {
        context.Connection.Execute(
            "INSERT INTO billing_request (id, total, status, reference_no) VALUES (@id, @total, @status, @referenceNo)",
            new { id = NextId("billing_request", context), total, status, referenceNo }, context.Transaction);
        if (status == "paid")
        {
            AddEntry(referenceNo, "payment", total, context);
        }

        return status;
    }

    /// <summary>Marks a paid bill refunded and adds the refund; any other bill stays as it is.</summary>
    public static void Refund(string referenceNo, MessageContext context)
    {
        var refunded = context.Connection.Execute(
            "UPDATE billing_request SET status = 'refunded' WHERE reference_no = @referenceNo AND status = 'paid'",
            new { referenceNo }, context.Transaction) == 1;
        if (refunded)
        {
            var total = context.Connection.QuerySingle<decimal>(
                "SELECT total FROM billing_request WHERE reference_no = @referenceNo", new { referenceNo }, context.Transaction);
            AddEntry(referenceNo, "refund", -total, context);
        }
    }

    public static async Task<IReadOnlyList<Bill>> AllAsync(SkaldService service, CancellationToken cancellationToken)
    {
        await using var connection = await service.OpenAsync(cancellationToken);
        return [.. await connection.QueryAsync<Bill>($"{Select} ORDER BY id")];
    }

    public static async Task<Bill?> FindAsync(SkaldService service, string referenceNo, CancellationToken cancellationToken)
    {
        await using var connection = await service.OpenAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<Bill>($"{Select} WHERE reference_no = @referenceNo", new { referenceNo });
    }

    public static async Task<IReadOnlyList<BillEntry>> EntriesAsync(SkaldService service, CancellationToken cancellationToken)
    {
        await using var connection = await service.OpenAsync(cancellationToken);
        return [.. await connection.QueryAsync<BillEntry>(
            "SELECT id AS Id, reference_no AS ReferenceNo, kind AS Kind, amount AS Amount FROM billing_entry ORDER BY id")];
    }

    private static void AddEntry(string referenceNo, string kind, decimal amount, MessageContext context) => context.Connection.Execute(
        "INSERT INTO billing_entry (id, reference_no, kind, amount) VALUES (@id, @referenceNo, @kind, @amount)",
        new { id = NextId("billing_entry", context), referenceNo, kind, amount }, context.Transaction);

    private static long NextId(string name, MessageContext context)
    {
        // The row's lock makes the numbers unique between nodes, too.
        context.Connection.Execute(
            "INSERT INTO numbering (name, last) VALUES (@name, 1) ON CONFLICT (name) DO UPDATE SET last = numbering.last + 1",
            new { name }, context.Transaction);
        return context.Connection.QuerySingle<long>("SELECT last FROM numbering WHERE name = @name", new { name }, context.Transaction);
    }
}
