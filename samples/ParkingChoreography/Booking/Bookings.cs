using Dapper;
using ParkingChoreography.Contracts;
using Skald;

namespace ParkingChoreography.Booking;

/// <summary>The bookings table: <c>pending</c> → <c>done</c> or <c>failed</c>, both final.</summary>
internal static class Bookings
{
    public static readonly string[] Schema =
    [
        "CREATE TABLE IF NOT EXISTS booking (id BIGINT PRIMARY KEY, status TEXT NOT NULL, parking_slot_uuid TEXT NOT NULL, reference_no TEXT NOT NULL UNIQUE)",
        "CREATE INDEX IF NOT EXISTS booking_by_slot ON booking (parking_slot_uuid)",
        "CREATE TABLE IF NOT EXISTS numbering (name TEXT PRIMARY KEY, last BIGINT NOT NULL)",
    ];

    private const string Select = "SELECT id AS Id, status AS Status, parking_slot_uuid AS ParkingSlotUuid FROM booking";

    /// <summary>Adds a booking as <c>pending</c> and tells the others, both or neither.</summary>
    public static Task<BookingView> CreateAsync(SkaldService service, Guid slot) => service.ExecuteAsync(context =>
    {
        // The request's own id is as good a uuid as any, and stays the same should this run twice.
        var reference = new BookingReference(slot, context.MessageId).ToString();
        var booking = new BookingView(NextId(context), "pending", slot.ToString());
        context.Connection.Execute(
            "INSERT INTO booking (id, status, parking_slot_uuid, reference_no) VALUES (@Id, @Status, @ParkingSlotUuid, @reference)",
            new { booking.Id, booking.Status, booking.ParkingSlotUuid, reference }, context.Transaction);
        context.Publish(new BookingCreated(reference, booking.Id, booking.ParkingSlotUuid), flow: reference);
        return ValueTask.FromResult(booking);
    });

    /// <summary>Ends a pending booking; one that has ended stays as it is.</summary>
    public static void Close(string referenceNo, string status, MessageContext context) => context.Connection.Execute(
        "UPDATE booking SET status = @status WHERE reference_no = @referenceNo AND status = 'pending'", new { status, referenceNo }, context.Transaction);

    public static async Task<IReadOnlyList<BookingView>> AllAsync(SkaldService service, CancellationToken cancellationToken)
    {
        await using var connection = await service.OpenAsync(cancellationToken);
        return [.. await connection.QueryAsync<BookingView>($"{Select} ORDER BY id")];
    }

    public static async Task<BookingView> GetAsync(SkaldService service, long id, CancellationToken cancellationToken)
    {
        await using var connection = await service.OpenAsync(cancellationToken);
        return await connection.QuerySingleAsync<BookingView>($"{Select} WHERE id = @id", new { id });
    }

    /// <summary>The bookings that a slot's uuid or a full reference means, with their references.</summary>
    public static async Task<IReadOnlyList<FoundRow>> FindAsync(SkaldService service, string uuid, CancellationToken cancellationToken)
    {
        await using var connection = await service.OpenAsync(cancellationToken);
        return [.. await connection.QueryAsync<FoundRow>(
            "SELECT id AS Id, status AS Status, reference_no AS ReferenceNo FROM booking WHERE parking_slot_uuid = @uuid OR reference_no = @uuid ORDER BY id", new { uuid })];
    }

    private static long NextId(MessageContext context)
    {
        // The row's lock makes the numbers unique between nodes, too.
        context.Connection.Execute(
            "INSERT INTO numbering (name, last) VALUES ('booking', 1) ON CONFLICT (name) DO UPDATE SET last = numbering.last + 1",
            transaction: context.Transaction);
        return context.Connection.QuerySingle<long>("SELECT last FROM numbering WHERE name = 'booking'", transaction: context.Transaction);
    }

    internal sealed record FoundRow(long Id, string Status, string ReferenceNo);
}
