using Skald;

namespace ParkingEventSourcing.Parking;

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
                VerbParameter.Optional("status", "available; or blocked or reserved, to keep it from bookings.", "available"),
            ],
        },
        new("parking_slot_list", "Lists all slots.", async context => await ParkingSlots.AllAsync(context.Service, context.CancellationToken)),
        new("parking_slot_details", "Shows one slot.", DetailsAsync)
        {
            Parameters = [VerbParameter.Required<string>("uuid", "The slot's uuid.")],
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
        var text = context.Get<string>("uuid");
        return (Guid.TryParse(text, out var uuid) ? await ParkingSlots.FindAsync(context.Service, uuid, context.CancellationToken) : null)
            ?? throw new RefusedException($"No parking slot has uuid '{text}'. List them with parking_slot_list.");
    }
}
