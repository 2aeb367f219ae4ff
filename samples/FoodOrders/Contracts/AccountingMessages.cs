using System.ComponentModel;
using System.Text.Json.Serialization;
using Skald;

namespace FoodOrders;

/// <summary>Asks for money to be set aside on a card.</summary>
[DisplayName("Authorize previously saved card")]
[Command("accounting_service.authorize_card", To = "accounting")]
public sealed record AuthorizeCard(
    [property: JsonPropertyName("card_id")] long CardId,
    [property: JsonPropertyName("amount")] decimal Amount) : ICommand<CardAuthorized>;

/// <summary>The money is set aside.</summary>
[DisplayName("Transaction ID is returned")]
public sealed record CardAuthorized(
    [property: JsonPropertyName("transaction_id")] long TransactionId);

/// <summary>Gives the money back. Without an id it means the authorization of this saga, whose id never came back.</summary>
[Command("accounting_service.reverse_authorization", To = "accounting")]
public sealed record ReverseAuthorization(
    [property: JsonPropertyName("transaction_id")] long? TransactionId) : ICommand<Done>;
