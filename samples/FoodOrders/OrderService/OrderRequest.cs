using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Validation;

namespace FoodOrders.Orders;

/// <summary>The body of <c>POST /orders</c>.</summary>
[ValidatableType]
public sealed record OrderRequest
{
    internal const string WholeRule = "It must be a whole number of at least 1.";

    /// <summary>Who orders.</summary>
    [Required(ErrorMessage = WholeRule), Range(1, double.MaxValue, ErrorMessage = WholeRule)]
    public long? ConsumerId { get; init; }

    /// <summary>Who pays.</summary>
    [Required(ErrorMessage = WholeRule), Range(1, double.MaxValue, ErrorMessage = WholeRule)]
    public long? CardId { get; init; }

    /// <summary>How much.</summary>
    [Price]
    public decimal? Price { get; init; }

    /// <summary>What.</summary>
    [Items]
    public IReadOnlyList<OrderItemRequest>? Items { get; init; }

    /// <summary>The order, once the rules are kept: then nothing is missing.</summary>
    public CreateOrderState ToOrder() => new(ConsumerId!.Value, CardId!.Value, Price!.Value, [.. Items!.Select(item => item.ToItem())]);
}

/// <summary>One line of it.</summary>
public sealed record OrderItemRequest
{
    private const string NameRule = "It must be a text of 1 to 200 characters.";

    /// <summary>What.</summary>
    [Required(ErrorMessage = NameRule), StringLength(200, ErrorMessage = NameRule)]
    public string? Name { get; init => field = value?.Trim(); }

    /// <summary>How many.</summary>
    [Required(ErrorMessage = OrderRequest.WholeRule), Range(1, double.MaxValue, ErrorMessage = OrderRequest.WholeRule)]
    public long? Quantity { get; init; }

    // The rules are kept when it is called.
    internal OrderItem ToItem() => new(Name!, Quantity!.Value);
}

/// <summary>What an order may list. <c>[Length]</c> asks a list for its length by reflection, which a program that is trimmed may not have.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class ItemsAttribute() : ValidationAttribute("It must be a list of 1 to 100 items, each with name and quantity.")
{
    private const int Most = 100;

    /// <inheritdoc/>
    public override bool IsValid(object? value) => value is IReadOnlyList<OrderItemRequest> { Count: >= 1 and <= Most };
}

/// <summary>A price that people can pay: positive, at most two decimals.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class PriceAttribute() : ValidationAttribute("It must be a number above 0 and up to 1000000, with at most two decimals.")
{
    private const decimal Most = 1_000_000m;

    /// <inheritdoc/>
    public override bool IsValid(object? value) => value is decimal price && price is > 0 and <= Most && decimal.Round(price, 2) == price;
}
