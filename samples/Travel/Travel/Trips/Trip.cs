using Skald;

namespace Travel.Trips;

/// <summary>What is known of a trip.</summary>
public sealed record Trip(string Number, string Traveller, string Flight, string Room, string Car, int Price)
{
    public string? ApprovedBy { get; init; }

    public string? Receipt { get; init; }

    public string? Ticket { get; init; }
}

[Event("travel.trip-approved")]
public sealed record TripApproved(string By) : IEvent;

[Event("travel.trip-turned-down")]
public sealed record TripTurnedDown(string By) : IEvent;

/// <summary>How long a person may take to look at a trip.</summary>
public sealed record ApprovalTime(TimeSpan Within);
