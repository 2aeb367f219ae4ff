namespace Storefront;

/// <summary>What an order must look like, at the door and on every topic.</summary>
public static class OrderRules
{
    /// <summary>The longest name of an item or a user.</summary>
    public const int MaxNameLength = 200;

    /// <summary>The most of an item that one order may ask for.</summary>
    public const long MaxQuantity = 1_000_000_000;

    /// <summary>What a name must be.</summary>
    public static string NameRule { get; } = $"It must be a text of 1 to {MaxNameLength} characters, not blank.";

    /// <summary>What a quantity must be.</summary>
    public static string QuantityRule { get; } = $"It must be a whole number from 1 to {MaxQuantity}.";

    /// <summary>The highest price of one.</summary>
    public const decimal MaxPrice = 1_000_000m;

    /// <summary>What a price must be.</summary>
    public static string PriceRule { get; } = FormattableString.Invariant($"It must be more than 0 and up to {MaxPrice:0}, with at most two decimals.");

    /// <summary>What the sum of an invoice must be.</summary>
    public static string TotalRule { get; } = FormattableString.Invariant($"It must be more than 0 and up to {MaxPrice * MaxQuantity:0}, with at most two decimals.");

    /// <summary>Whether an item or a user can have this name.</summary>
    public static bool IsName(string? name) => !string.IsNullOrWhiteSpace(name) && name.Length <= MaxNameLength && !name.Any(char.IsControl);

    /// <summary>Whether so many can be ordered.</summary>
    public static bool IsQuantity(long quantity) => quantity is >= 1 and <= MaxQuantity;

    /// <summary>Whether something can cost this.</summary>
    public static bool IsPrice(decimal? price) => price is > 0 and <= MaxPrice && decimal.Round(price.Value, 2) == price;

    /// <summary>Whether an invoice can come to this.</summary>
    public static bool IsTotal(decimal total) => total is > 0 and <= MaxPrice * MaxQuantity && decimal.Round(total, 2) == total;

    /// <summary>Whether every database takes this text.</summary>
    public static bool CanBeStored(string? text) => text?.Contains('\0', StringComparison.Ordinal) != true;

    /// <summary>The first thing that is wrong; null when nothing is.</summary>
    public static string? Problem(string? item, long quantity, string? user) =>
        !IsName(item) ? $"item: {NameRule}" : !IsQuantity(quantity) ? $"quantity: {QuantityRule}" : !IsName(user) ? $"user: {NameRule}" : null;
}
