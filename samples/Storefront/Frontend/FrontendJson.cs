using System.Text.Json;
using System.Text.Json.Serialization;

namespace Storefront.Frontend;

/// <summary>How what people are told is written. Messages and states are generated with them.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(DataInit))]
[JsonSerializable(typeof(IReadOnlyList<OrderView>))]
[JsonSerializable(typeof(PlacedOrder))]
internal sealed partial class FrontendJson : JsonSerializerContext;
