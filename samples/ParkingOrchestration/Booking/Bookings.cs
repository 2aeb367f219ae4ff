using Dapper;
using Skald;

namespace ParkingOrchestration.Booking;

/// <summary>The bookings table, written by the saga's local steps.</summary>
/// <remarks>
/// <c>pending</c> → <c>approved</c> (slot blocked) → <c>completed</c>; <c>pending</c> or <c>approved</c> → <c>rejected</c>
/// (no slot, or not paid); <c>approved</c> → <c>failed</c> (paid, but not reserved).
/// </remarks>
public static class Bookings
{
    /// <summary>Creates the table, and the one that numbers its rows.</summary>
    public static readonly string[] Schema =
    [
        "CREATE TABLE IF NOT EXISTS booking (id BIGINT PRIMARY KEY, status TEXT NOT NULL, parking_slot_ref_no TEXT NOT NULL UNIQUE)",
        "CREATE TABLE IF NOT EXISTS numbering (name TEXT PRIMARY KEY, last BIGINT NOT NULL)",
    ];

    /// <summary>Adds the booking as <c>pending</c> and gives it its number and reference.</summary>
    public static StepResult<BookingState> Create(BookingState booking, StepContext context)
    {
        ArgumentNullException.ThrowIfNull(booking);
        ArgumentNullException.ThrowIfNull(context);
        var created = booking with { Id = NextId(context), ParkingSlotRefNo = $"{booking.ParkingSlotUuid}:{context.SagaId}" };
        context.Connection.Execute(
            "INSERT INTO booking (id, status, parking_slot_ref_no) VALUES (@Id, 'pending', @ParkingSlotRefNo)",
            new { created.Id, created.ParkingSlotRefNo }, context.Transaction);
        return created;
    }

    /// <summary>The slot is blocked: <c>approved</c>.</summary>
    public static StepResult<BookingState> Approve(BookingState booking, StepContext context) => Mark(booking, "approved", context);

    /// <summary>The slot is reserved: <c>completed</c>.</summary>
    public static StepResult<BookingState> Complete(BookingState booking, StepContext context) => Mark(booking, "completed", context);

    /// <summary>All else is undone: <c>failed</c> if the booking had been paid, else <c>rejected</c>.</summary>
    public static StepResult<BookingState> Close(BookingState booking, StepContext context)
    {
        ArgumentNullException.ThrowIfNull(booking);
        return Mark(booking, booking.Paid ? "failed" : "rejected", context);
    }

    private static StepResult<BookingState> Mark(BookingState booking, string status, StepContext context)
    {
        context.Connection.Execute("UPDATE booking SET status = @status WHERE id = @Id", new { status, booking.Id }, context.Transaction);
        return booking;
    }

    private static long NextId(StepContext context)
    {
        // The row's lock makes the numbers unique between nodes, too.
        context.Connection.Execute(
            "INSERT INTO numbering (name, last) VALUES ('booking', 1) ON CONFLICT (name) DO UPDATE SET last = numbering.last + 1",
            transaction: context.Transaction);
        return context.Connection.QuerySingle<long>("SELECT last FROM numbering WHERE name = 'booking'", transaction: context.Transaction);
    }
}
