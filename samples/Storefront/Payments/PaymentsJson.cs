using System.Text.Json;
using System.Text.Json.Serialization;

namespace Storefront.Payments;

/// <summary>How what people are told is written. Messages and states are generated with them.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Invoice))]
internal sealed partial class PaymentsJson : JsonSerializerContext;
