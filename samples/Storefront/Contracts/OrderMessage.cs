using System.Text.Json;
using System.Text.Json.Serialization;
using Skald;

namespace Storefront;

/// <summary>What travels from service to service: the order as it was placed, enriched hop by hop.</summary>
/// <remarks>
/// Keys that we do not know travel along. A message that is not an order is refused while it is read, so that it becomes a
/// dead letter at once instead of failing again and again.
/// </remarks>
public abstract record OrderMessage : IEvent, IJsonOnDeserialized
{
    /// <summary>The key whose presence makes payments fail, to see what happens then.</summary>
    public const string PaymentErrorKey = "payment-error";

    /// <summary>The order's id, given by the frontend; the id of its flow too.</summary>
    public required Guid Uuid { get; init; }

    /// <summary>What is ordered.</summary>
    public required string Item { get; init; }

    /// <summary>How many: a number, not a text that reads like one.</summary>
    [JsonNumberHandling(JsonNumberHandling.Strict)]
    public required long Quantity { get; init; }

    /// <summary>Who orders.</summary>
    public required string User { get; init; }

    /// <summary>Set by inventory.</summary>
    [JsonPropertyName("price_per_unit"), JsonNumberHandling(JsonNumberHandling.Strict), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? PricePerUnit { get; init; }

    /// <summary>Set by payments.</summary>
    [JsonPropertyName("total_invoice"), JsonNumberHandling(JsonNumberHandling.Strict), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? TotalInvoice { get; init; }

    /// <summary>One sentence for people about what happened.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Status { get; init; }

    /// <summary>Why the order is cancelled.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Reason { get; init; }

    /// <summary>All the keys that we do not know.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Rest { get; init; }

    /// <summary>The id of the order's flow.</summary>
    [JsonIgnore]
    public string Flow => Uuid.ToString();

    /// <summary>What is wrong with it; null when nothing is.</summary>
    protected virtual string? Problem => OrderRules.Problem(Item, Quantity, User)
        ?? (PricePerUnit is null || OrderRules.IsPrice(PricePerUnit) ? null : $"price_per_unit: {OrderRules.PriceRule}")
        ?? (TotalInvoice is null || OrderRules.IsTotal(TotalInvoice.Value) ? null : $"total_invoice: {OrderRules.TotalRule}")
        ?? (OrderRules.CanBeStored(Status) && OrderRules.CanBeStored(Reason) ? null : "status and reason: they cannot hold U+0000.")
        ?? (CanTravelOn(Rest) ? null : "It holds half of a surrogate pair, which is no character.");

    /// <inheritdoc/>
    public void OnDeserialized()
    {
        if (Problem is { } problem)
        {
            throw new JsonException(problem);
        }
    }

    private static bool CanTravelOn(IDictionary<string, JsonElement>? rest)
    {
        try
        {
            // What we do not know is only looked at when it is written.
            return rest is null || JsonSerializer.SerializeToUtf8Bytes(rest, RestJson.Default.IDictionaryStringJsonElement).Length > 0;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}

/// <summary>How the keys that we do not know are written.</summary>
[JsonSerializable(typeof(IDictionary<string, JsonElement>))]
internal sealed partial class RestJson : JsonSerializerContext;
