using System.Text.Json;
using System.Text.Json.Serialization;

namespace ParkingChoreography.Billing;

/// <summary>How what people are told is written. Messages and states are generated with them.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(BillDetails))]
internal sealed partial class BillingJson : JsonSerializerContext;
