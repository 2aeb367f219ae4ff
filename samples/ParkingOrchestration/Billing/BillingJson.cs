using System.Text.Json;
using System.Text.Json.Serialization;

namespace ParkingOrchestration.Billing;

/// <summary>How what people are told is written. Messages and states are generated with them.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Bill))]
[JsonSerializable(typeof(BillEntry))]
[JsonSerializable(typeof(FailNextView))]
internal sealed partial class BillingJson : JsonSerializerContext;
