using System.Text.Json.Serialization.Metadata;
using ParkingChoreography.Contracts;
using Skald;

namespace ParkingChoreography.Booking;

/// <summary>Owns the bookings, and with them the flow.</summary>
public sealed class BookingModule : ServiceModule
{
    /// <inheritdoc/>
    public override string System => "parking-choreography";

    /// <inheritdoc/>
    public override string Name => "booking";

    /// <inheritdoc/>
    public override int? DefaultPort => 8000;

    /// <inheritdoc/>
    public override IReadOnlyList<HealthPath> HealthPaths => [new("/health", "Booking server is running")];

    /// <inheritdoc/>
    public override IEnumerable<Verb> Verbs => BookingVerbs.All;

    /// <inheritdoc/>
    public override IJsonTypeInfoResolver Json => BookingJson.Default;

    /// <inheritdoc/>
    public override void Configure(SkaldBuilder skald)
    {
        ArgumentNullException.ThrowIfNull(skald);
        skald.AddBookingFlow().AddHandlers<BookingHandlers>();
        foreach (var statement in Bookings.Schema)
        {
            skald.AddSchema(statement);
        }
    }
}
