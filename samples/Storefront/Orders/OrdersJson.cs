using System.Text.Json;
using System.Text.Json.Serialization;

namespace Storefront.Orders;

/// <summary>How what people are told is written. Messages and states are generated with them.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(User))]
[JsonSerializable(typeof(UserOrder))]
internal sealed partial class OrdersJson : JsonSerializerContext;
