using System.Text.Json;
using System.Text.Json.Serialization;

namespace ParkingOrchestration.Parking;

/// <summary>How what people are told is written. Messages and states are generated with them.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(FailNextView))]
[JsonSerializable(typeof(ParkingSlot))]
internal sealed partial class ParkingJson : JsonSerializerContext;
