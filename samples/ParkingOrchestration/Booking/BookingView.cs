using Dapper;
using Skald;

namespace ParkingOrchestration.Booking;

/// <summary>A booking as people see it.</summary>
public sealed record BookingView(long Id, string Status, string ParkingSlotRefNo);

/// <summary>Reads bookings.</summary>
public static class BookingReading
{
    private const string Select = "SELECT id AS Id, status AS Status, parking_slot_ref_no AS ParkingSlotRefNo FROM booking";

    /// <summary>All of them, in the order in which they were made.</summary>
    public static async Task<IReadOnlyList<BookingView>> BookingsAsync(this SkaldService service, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(service);
        await using var connection = await service.OpenAsync(cancellationToken);
        return [.. await connection.QueryAsync<BookingView>($"{Select} ORDER BY id")];
    }

    /// <summary>The booking of a number; null when there is none.</summary>
    public static async Task<BookingView?> BookingAsync(this SkaldService service, long id, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(service);
        await using var connection = await service.OpenAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<BookingView>($"{Select} WHERE id = @id", new { id });
    }

    /// <summary>The booking of a reference; null when there is none.</summary>
    public static async Task<BookingView?> BookingAsync(this SkaldService service, string reference, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(service);
        await using var connection = await service.OpenAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<BookingView>($"{Select} WHERE parking_slot_ref_no = @reference", new { reference });
    }
}
