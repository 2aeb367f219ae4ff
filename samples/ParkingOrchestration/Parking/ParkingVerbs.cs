using Skald;

namespace ParkingOrchestration.Parking;

/// <summary>Parking's command line.</summary>
internal static class ParkingVerbs
{
    public static readonly Verb[] All =
    [
        new("create_parking_slot", "Adds a slot.", CreateAsync)
        {
            Parameters =
            [
                VerbParameter.Required<string>("name", "What people call it."),
                VerbParameter.Optional("status", "available, blocked or reserved.", "available"),
            ],
        },
        new("parking_slot_list", "Lists all slots.", async context => await ParkingSlots.AllAsync(context.Service, context.CancellationToken)),
        new("parking_slot_details", "Shows one slot.", DetailsAsync)
        {
            Parameters = [VerbParameter.Required<string>("uuid", "The slot's uuid.")],
        },
        new("fail_next", "Refuses the next reservations, to see what happens then.", FailNextAsync)
        {
            Parameters = [VerbParameter.Optional("count", "How many; 0 for none.", 1)],
        },
    ];

    private static async Task<object?> CreateAsync(VerbContext context)
    {
        var (name, status) = (context.Get<string>("name"), context.Get<string>("status"));
        return string.IsNullOrWhiteSpace(name) ? throw new RefusedException("A parking slot needs a name. Give one with --name.")
            : !ParkingSlots.Statuses.Contains(status) ? throw new RefusedException($"'{status}' is not a slot's status. Use {string.Join(", ", ParkingSlots.Statuses)}.")
            : await ParkingSlots.CreateAsync(context.Service, name, status);
    }

    private static async Task<object?> DetailsAsync(VerbContext context)
    {
        var uuid = context.Get<string>("uuid");
        return await ParkingSlots.FindAsync(context.Service, Guid.TryParse(uuid, out var id) ? id.ToString() : uuid, context.CancellationToken)
            ?? throw new RefusedException($"No parking slot has uuid '{uuid}'. List them with parking_slot_list.");
    }

    private static async Task<object?> FailNextAsync(VerbContext context)
    {
        var count = context.Get<int>("count");
        return count >= 0
            ? await FailNext.SetAsync(context.Service, count)
            : throw new RefusedException($"--count takes 0 or more, not {count}.");
    }
}
