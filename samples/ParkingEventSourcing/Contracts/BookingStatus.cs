namespace ParkingEventSourcing.Contracts;

/// <summary>Where a booking can stand, and which status may follow which.</summary>
public static class BookingStatus
{
    /// <summary>Asked for.</summary>
    public const string Created = "created";

    /// <summary>Granted.</summary>
    public const string Reserved = "reserved";

    /// <summary>Over and done; final.</summary>
    public const string Completed = "completed";

    /// <summary>Nothing comes of it; final.</summary>
    public const string Cancelled = "cancelled";

    private static readonly Dictionary<string, string[]> Transitions = new()
    {
        [Created] = [Reserved, Cancelled],
        [Reserved] = [Completed, Cancelled],
        [Completed] = [],
        [Cancelled] = [],
    };

    /// <summary>What may follow; nothing after an end.</summary>
    public static IReadOnlyList<string> Next(string status) => Transitions[status];
}
