namespace FoodOrders.Restaurants;

/// <summary>What the kitchen has to cook. It goes from pending to approved, and from either to rejected.</summary>
public sealed class Ticket
{
    internal const string Pending = "pending";
    internal const string Approved = "approved";
    internal const string Rejected = "rejected";

    /// <summary>Its number.</summary>
    public required long Id { get; init; }

    /// <summary>The saga that it was created for; it has no other.</summary>
    public required string SagaId { get; init; }

    /// <summary>The order's number.</summary>
    public required long OrderId { get; init; }

    /// <summary>Who ordered.</summary>
    public required long CustomerId { get; init; }

    /// <summary>What to cook, as JSON.</summary>
    public required string Items { get; init; }

    /// <summary>Pending, approved or rejected.</summary>
    public string Status { get; init; } = Pending;
}
