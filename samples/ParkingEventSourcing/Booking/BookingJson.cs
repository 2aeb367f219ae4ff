using System.Text.Json;
using System.Text.Json.Serialization;

namespace ParkingEventSourcing.Booking;

/// <summary>How what people are told is written. Messages and states are generated with them.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(IReadOnlyList<BookingRow>))]
[JsonSerializable(typeof(IReadOnlyList<OrderedDictionary<string, object?>>))]
[JsonSerializable(typeof(RebuiltView))]
// What a line of a booking's history holds.
[JsonSerializable(typeof(DateTimeOffset))]
[JsonSerializable(typeof(Guid))]
[JsonSerializable(typeof(long))]
[JsonSerializable(typeof(string))]
internal sealed partial class BookingJson : JsonSerializerContext;
