using System.Text.Json;
using System.Text.Json.Serialization;

namespace ParkingChoreography.Booking;

/// <summary>How what people are told is written. Messages and states are generated with them.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(BookingView))]
internal sealed partial class BookingJson : JsonSerializerContext;
