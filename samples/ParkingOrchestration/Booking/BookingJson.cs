using System.Text.Json;
using System.Text.Json.Serialization;

namespace ParkingOrchestration.Booking;

/// <summary>How what people ask and are told is written. Messages and states are generated with them.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(BookingRequest))]
[JsonSerializable(typeof(IReadOnlyList<BookingView>))]
internal sealed partial class BookingJson : JsonSerializerContext;
