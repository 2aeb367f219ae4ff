using System.Text.Json;
using System.Text.Json.Serialization;

namespace Storefront.Inventory;

/// <summary>How what people are told is written. Messages and states are generated with them.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Reservation))]
[JsonSerializable(typeof(StockItem))]
internal sealed partial class InventoryJson : JsonSerializerContext;
