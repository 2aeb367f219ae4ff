using Skald;

namespace ParkingChoreography.Billing;

/// <summary>Billing's command line.</summary>
internal static class BillingVerbs
{
    private static readonly VerbParameter Reference =
        VerbParameter.Required<string>("ref_no", "The slot's uuid, while it has one bill; else the booking's full reference.");

    public static readonly Verb[] All =
    [
        new("billing_request_list", "Lists all bills.", async context => await Bills.AllAsync(context.Service, context.CancellationToken)),
        new("billing_request_details_by_reference_no", "Shows a bill and what was paid of it.", DetailsAsync) { Parameters = [Reference] },
        new("pay_bill", "Pays a bill, or a part of it.", PayAsync)
        {
            Parameters = [Reference, VerbParameter.Required<string>("amount", "How much, such as 100 or 99.50.")],
        },
    ];

    private static async Task<object?> DetailsAsync(VerbContext context)
    {
        var bill = await FindAsync(context);
        var payments = await Money.EntriesAsync(context.Service, bill.Id, "payment", context.CancellationToken);
        var refunds = await Money.EntriesAsync(context.Service, bill.Id, "refund", context.CancellationToken);
        return new BillDetails(bill, payments, refunds.Count > 0 ? refunds : null);
    }

    private static async Task<object?> PayAsync(VerbContext context)
    {
        var cents = Money.CentsOf(context.Get<string>("amount"));
        var bill = await FindAsync(context);
        return await Bills.PayAsync(context.Service, bill.Id, cents);
    }

    private static async Task<Bill> FindAsync(VerbContext context)
    {
        var reference = context.Get<string>("ref_no");
        var bills = await Bills.FindAsync(context.Service, reference, context.CancellationToken);
        return bills switch
        {
            [] => throw new RefusedException($"No bill has reference '{reference}'. List them with billing_request_list."),
            [var bill] => bill,
            _ => throw new RefusedException(
                $"Slot '{reference}' has {bills.Count} bills. Give the reference of one: {string.Join(", ", bills.Select(b => $"{b.ReferenceNo} (bill {b.Id}, {b.Status})"))}."),
        };
    }
}
