using System.Text.Json.Serialization;

namespace Storefront.Frontend;

/// <summary>An order as callers see it.</summary>
/// <param name="Uuid">Its id.</param>
/// <param name="Item">What.</param>
/// <param name="Quantity">How many.</param>
/// <param name="User">For whom.</param>
/// <param name="Status"><c>placed</c>, <c>stock_reserved</c>, <c>paid</c> or <c>cancelled</c>.</param>
/// <param name="Reason">Why it is cancelled, or is being cancelled; null when it is not.</param>
/// <param name="PricePerUnit">Known once the stock is reserved.</param>
/// <param name="TotalInvoice">Known once it is paid.</param>
/// <param name="Placed">When.</param>
/// <param name="Flow">Where its flow stands; null for an order that this frontend did not place.</param>
/// <param name="History">The events seen, in the order in which they came.</param>
public sealed record OrderView(
    string Uuid, string Item, long Quantity, string User, string Status, string? Reason, decimal? PricePerUnit, decimal? TotalInvoice, string Placed,
    FlowView? Flow, IReadOnlyList<HistoryEntry> History)
{
    /// <summary>The number of its last change.</summary>
    [JsonIgnore]
    public long Changed { get; init; }
}

/// <summary>Where an order's flow stands.</summary>
/// <param name="Status"><c>running</c>, <c>completed</c>, <c>undone</c> or <c>stuck</c>.</param>
/// <param name="Reason">Where it is stuck.</param>
/// <param name="WaitsFor">The events that may come next, and from whom.</param>
public sealed record FlowView(string Status, string? Reason, IReadOnlyList<string> WaitsFor);

/// <summary>Something that happened to an order.</summary>
/// <param name="Event">The event.</param>
/// <param name="By">The service that published it.</param>
/// <param name="At">When the frontend saw it.</param>
public sealed record HistoryEntry(string Event, string By, DateTimeOffset At);
