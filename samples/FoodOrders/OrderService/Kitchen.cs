using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace FoodOrders.Orders;

/// <summary>The original's failure switch: a quantity at which the orchestrator's own code throws.</summary>
public static class Kitchen
{
    /// <summary>The first item's quantity that makes <see cref="Check"/> throw.</summary>
    public const long BreakingQuantity = 100500;

    /// <summary>Returns the items as they are, or throws.</summary>
    /// <exception cref="KeyError">The first item's quantity is <see cref="BreakingQuantity"/>.</exception>
    public static ImmutableArray<OrderItem> Check(ImmutableArray<OrderItem> items) =>
        items is [{ Quantity: BreakingQuantity }, ..] ? throw new KeyError("Incorrect quantity") : items;
}

/// <summary>Named as in the original, because the failure's type is the exception's name.</summary>
/// <param name="key">What was wrong; quoted in the message, as in the original.</param>
[SuppressMessage("Naming", "CA1710", Justification = "The name is what people see as the failure's type.")]
public sealed class KeyError(string key) : Exception($"'{key}'");
