using System.Text.Json.Serialization;
using Skald;

namespace FoodOrders;

/// <summary>Asks whether this consumer may order.</summary>
[Command("consumer_service.verify_consumer_details", To = "consumer")]
public sealed record VerifyConsumerDetails(
    [property: JsonPropertyName("consumer_id")] long ConsumerId) : ICommand<Done>;
