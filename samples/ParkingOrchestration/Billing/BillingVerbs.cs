using Skald;

namespace ParkingOrchestration.Billing;

/// <summary>Billing's command line.</summary>
internal static class BillingVerbs
{
    public static readonly Verb[] All =
    [
        new("billing_request_list", "Lists all bills.", async context => await Bills.AllAsync(context.Service, context.CancellationToken)),
        new("billing_request_details_by_reference_no", "Shows the bill of a reference.", DetailsAsync)
        {
            Parameters = [VerbParameter.Required<string>("reference_no", "The booking's reference.")],
        },
        new("create_billing_request", "Adds a paid bill by hand.", CreateAsync)
        {
            Parameters = [VerbParameter.Required<string>("reference_no", "The reference it is for.")],
        },
        new("billing_entry_list", "Lists every payment and every refund.", async context => await Bills.EntriesAsync(context.Service, context.CancellationToken)),
        new("fail_next", "Refuses the next payments, to see what happens then.", FailNextAsync)
        {
            Parameters = [VerbParameter.Optional("count", "How many; 0 for none.", 1)],
        },
    ];

    private static async Task<object?> DetailsAsync(VerbContext context)
    {
        var referenceNo = context.Get<string>("reference_no");
        return await Bills.FindAsync(context.Service, referenceNo, context.CancellationToken)
            ?? throw new RefusedException($"No bill has reference '{referenceNo}'. List them with billing_request_list.");
    }

    private static async Task<object?> CreateAsync(VerbContext context)
    {
        var referenceNo = context.Get<string>("reference_no");
        if (string.IsNullOrWhiteSpace(referenceNo))
        {
            throw new RefusedException("A bill needs a reference. Give one with --reference_no.");
        }

        var added = await context.Service.ExecuteAsync(message =>
        {
            var isNew = Bills.StatusOf(referenceNo, message) is null;
            if (isNew)
            {
                Bills.Add(referenceNo, Bills.DefaultTotal, "paid", message);
            }

            return ValueTask.FromResult(isNew);
        });
        return added
            ? await Bills.FindAsync(context.Service, referenceNo, context.CancellationToken)
            : throw new RefusedException($"Reference '{referenceNo}' already has a bill. Show it with billing_request_details_by_reference_no.");
    }

    private static async Task<object?> FailNextAsync(VerbContext context)
    {
        var count = context.Get<int>("count");
        return count >= 0
            ? await FailNext.SetAsync(context.Service, count)
            : throw new RefusedException($"--count takes 0 or more, not {count}.");
    }
}
