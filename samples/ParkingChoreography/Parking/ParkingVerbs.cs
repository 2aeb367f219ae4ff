using Skald;

namespace ParkingChoreography.Parking;

/// <summary>Parking's command line.</summary>
internal static class ParkingVerbs
{
    public static readonly Verb[] All =
    [
        Create("create_parking", "Adds a slot."),
        Create("create_parking_slot", "The same as create_parking."),
        new("parking_slot_list", "Lists all slots.", async context => await ParkingSlots.AllAsync(context.Service, context.CancellationToken)),
        new("parking_slot_details", "Shows one slot.", async context => await FindAsync(context)) { Parameters = [Uuid] },
        new("parking_slot_owner", "Shows which booking a slot is reserved for.", OwnerAsync) { Parameters = [Uuid] },
    ];

    private static VerbParameter Uuid => VerbParameter.Required<string>("uuid", "The slot's uuid.");

    private static Verb Create(string name, string description) => new(name, description, CreateAsync)
    {
        Parameters =
        [
            VerbParameter.Required<string>("name", "What people call it."),
            VerbParameter.Optional("status", "available, or reserved to see what happens to those who book it.", "available"),
        ],
    };

    private static async Task<object?> CreateAsync(VerbContext context)
    {
        var (name, status) = (context.Get<string>("name"), context.Get<string>("status"));
        return string.IsNullOrWhiteSpace(name) ? throw new RefusedException("A parking slot needs a name. Give one with --name.")
            : !ParkingSlots.Statuses.Contains(status) ? throw new RefusedException($"'{status}' is not a slot's status. Use {string.Join(" or ", ParkingSlots.Statuses)}.")
            : await ParkingSlots.CreateAsync(context.Service, name, status);
    }

    private static async Task<ParkingSlot> FindAsync(VerbContext context)
    {
        var text = context.Get<string>("uuid");
        return (Guid.TryParse(text, out var uuid) ? await ParkingSlots.FindAsync(context.Service, uuid, context.CancellationToken) : null)
            ?? throw new RefusedException($"No parking slot has uuid '{text}'. List them with parking_slot_list.");
    }

    private static async Task<object?> OwnerAsync(VerbContext context)
    {
        var slot = await FindAsync(context);
        var owner = await context.Service.ExecuteAsync(message => SlotOwner.OfAsync(slot.Uuid, message));
        return new OwnerView(slot.Uuid, slot.Status, owner);
    }
}
