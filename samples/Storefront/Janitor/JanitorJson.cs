using System.Text.Json;
using System.Text.Json.Serialization;

namespace Storefront.Janitor;

/// <summary>How what people are told is written. Messages and states are generated with them.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(CancellationView))]
internal sealed partial class JanitorJson : JsonSerializerContext;
