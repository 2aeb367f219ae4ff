using System.Collections.Immutable;
using System.Text.Json;

namespace FoodOrders.Orders;

/// <summary>Reads the body of <c>POST /orders</c> and finds everything that is wrong with it at once.</summary>
public sealed class OrderRequest
{
    private const int MaxItems = 100;
    private const int MaxNameLength = 200;
    private const decimal MaxPrice = 1_000_000m;
    private readonly Dictionary<string, List<string>> _errors = [];

    private OrderRequest()
    {
    }

    /// <summary>The order asked for, or what is wrong, by field.</summary>
    public static (CreateOrderState? Order, IDictionary<string, string[]> Errors) Read(JsonElement body)
    {
        var request = new OrderRequest();
        var order = request.Order(body);
        return (request._errors.Count == 0 ? order : null, request._errors.ToDictionary(e => e.Key, e => e.Value.ToArray()));
    }

    private CreateOrderState Order(JsonElement body) => new(
        Whole(body, "consumerId", "consumerId"),
        Whole(body, "cardId", "cardId"),
        Price(body),
        Items(body));

    private long Whole(JsonElement parent, string name, string field)
    {
        if (Value(parent, name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var number) && number > 0)
        {
            return number;
        }

        Wrong(field, "It must be a whole number of at least 1.");
        return 0;
    }

    private decimal Price(JsonElement body)
    {
        if (Value(body, "price") is { ValueKind: JsonValueKind.Number } value && value.TryGetDecimal(out var price)
            && price is > 0 and <= MaxPrice && decimal.Round(price, 2) == price)
        {
            return price;
        }

        Wrong("price", $"It must be a number above 0 and up to {MaxPrice:0}, with at most two decimals.");
        return 0;
    }

    private ImmutableArray<OrderItem> Items(JsonElement body)
    {
        if (Value(body, "items") is { ValueKind: JsonValueKind.Array } items && items.GetArrayLength() is > 0 and <= MaxItems)
        {
            return [.. items.EnumerateArray().Select(Item)];
        }

        Wrong("items", $"It must be a list of 1 to {MaxItems} items, each with name and quantity.");
        return [];
    }

    private OrderItem Item(JsonElement item, int index)
    {
        var name = Value(item, "name") is { ValueKind: JsonValueKind.String } text ? text.GetString()!.Trim() : "";
        if (name.Length is 0 or > MaxNameLength)
        {
            Wrong($"items[{index}].name", $"It must be a text of 1 to {MaxNameLength} characters.");
        }

        return new OrderItem(name, Whole(item, "quantity", $"items[{index}].quantity"));
    }

    private static JsonElement? Value(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) ? value : null;

    private void Wrong(string field, string message)
    {
        if (!_errors.TryGetValue(field, out var messages))
        {
            _errors[field] = messages = [];
        }

        messages.Add(message);
    }
}
