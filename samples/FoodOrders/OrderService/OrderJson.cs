using System.Text.Json;
using System.Text.Json.Serialization;

namespace FoodOrders.Orders;

/// <summary>How what people ask and are told is written. Messages and states are generated with them.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(CreateOrderState))]
[JsonSerializable(typeof(OrderRequest))]
[JsonSerializable(typeof(IReadOnlyList<OrderView>))]
internal sealed partial class OrderJson : JsonSerializerContext;
