using ParkingChoreography.Contracts;
using Skald;

namespace ParkingChoreography.Booking;

/// <summary>Booking's command line.</summary>
internal static class BookingVerbs
{
    public static readonly Verb[] All =
    [
        new("create_booking", "Books a slot; it is the booking's once the bill is paid.", CreateAsync)
        {
            Parameters = [VerbParameter.Required<string>("parking_slot_uuid", "The slot's uuid.")],
        },
        new("booking_list", "Lists all bookings.", async context => await Bookings.AllAsync(context.Service, context.CancellationToken)),
        Details("booking_details_by_parking_slot_uuid", "Shows a slot's booking."),
        Details("booking_details_by_parking_ref_no", "The same as booking_details_by_parking_slot_uuid."),
    ];

    private static Verb Details(string name, string description) => new(name, description, DetailsAsync)
    {
        Parameters = [VerbParameter.Required<string>("uuid", "The slot's uuid, while it has one booking; else the booking's full reference.")],
    };

    private static async Task<object?> CreateAsync(VerbContext context)
    {
        var text = context.Get<string>("parking_slot_uuid");
        return Guid.TryParse(text, out var slot)
            ? await Bookings.CreateAsync(context.Service, slot)
            : throw new RefusedException($"'{text}' is not a uuid. List the slots with parking_slot_list.");
    }

    private static async Task<object?> DetailsAsync(VerbContext context)
    {
        var uuid = context.Get<string>("uuid");
        var found = BookingReference.Normalize(uuid) is { } known ? await Bookings.FindAsync(context.Service, known, context.CancellationToken) : [];
        return found switch
        {
            [] => throw new RefusedException($"No booking has uuid '{uuid}'. List them with booking_list."),
            [var booking] => await Bookings.GetAsync(context.Service, booking.Id, context.CancellationToken),
            _ => throw new RefusedException(
                $"Slot '{uuid}' has {found.Count} bookings. Give the reference of one: {string.Join(", ", found.Select(b => $"{b.ReferenceNo} (booking {b.Id}, {b.Status})"))}."),
        };
    }
}
