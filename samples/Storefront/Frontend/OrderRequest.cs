using System.Security.Cryptography;
using System.Text.Json;

namespace Storefront.Frontend;

/// <summary>Reads the body of <c>POST /order</c> and finds everything that is wrong with it at once.</summary>
public sealed class OrderRequest
{
    private const int MaxRestLength = 64 * 1024;
    private static readonly string[] Ours = ["item", "quantity", "user"];

    // Whatever the client says about these, they are the services' to set.
    private static readonly string[] Overwritten = ["uuid", "price_per_unit", "total_invoice", "status", "reason"];

    private readonly Dictionary<string, string[]> _errors = [];

    private OrderRequest()
    {
    }

    /// <summary>The order asked for, or what is wrong, by field.</summary>
    public static (OrderPlaced? Order, IDictionary<string, string[]> Errors) Read(JsonElement body)
    {
        var request = new OrderRequest();
        if (body.ValueKind != JsonValueKind.Object)
        {
            request._errors["body"] = ["It must be an object such as {\"item\":\"widget\",\"quantity\":50,\"user\":\"jack\"}."];
            return (null, request._errors);
        }

        var uuid = NewUuid();
        var order = new OrderPlaced
        {
            Uuid = uuid, Item = request.Name(body, "item"), Quantity = request.Quantity(body), User = request.Name(body, "user"),
            Rest = request.Rest(body), Status = $"Order {uuid} placed.",
        };
        return (request._errors.Count == 0 ? order : null, request._errors);
    }

    private string Name(JsonElement body, string field)
    {
        var name = body.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        if (!OrderRules.IsName(name))
        {
            _errors[field] = [OrderRules.NameRule];
        }

        return name ?? "";
    }

    private long Quantity(JsonElement body)
    {
        if (body.TryGetProperty("quantity", out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var quantity)
            && OrderRules.IsQuantity(quantity))
        {
            return quantity;
        }

        _errors["quantity"] = [OrderRules.QuantityRule];
        return 0;
    }

    /// <summary>The keys that we do not know. Names of ours in another case would be read as ours by the next service.</summary>
    private Dictionary<string, JsonElement> Rest(JsonElement body)
    {
        var rest = new Dictionary<string, JsonElement>(StringComparer.OrdinalIgnoreCase);
        foreach (var field in body.EnumerateObject().Where(f => !Ours.Contains(f.Name) && !Overwritten.Contains(f.Name, StringComparer.OrdinalIgnoreCase)))
        {
            if (Ours.Contains(field.Name, StringComparer.OrdinalIgnoreCase))
            {
                _errors[field.Name] = ["Names are written in lower case."];
            }
            else if (!rest.TryAdd(field.Name, field.Value))
            {
                _errors[field.Name] = ["It comes twice, in upper and lower case."];
            }
        }

        if (rest.Sum(f => f.Key.Length + f.Value.GetRawText().Length) > MaxRestLength)
        {
            _errors["body"] = [$"Besides item, quantity and user it may have {MaxRestLength} characters."];
        }

        return rest;
    }

    /// <summary>A version 4 uuid, drawn.</summary>
    private static Guid NewUuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }
}
