using System.Text.Json.Nodes;

namespace Skald.AsyncApi;

/// <summary>Follows references within a document.</summary>
internal static class Pointers
{
    /// <summary>What a node refers to, directly or through other references; the node itself when it is no reference.</summary>
    public static JsonNode? Resolve(JsonObject document, JsonNode? node)
    {
        while (node is JsonObject o && o["$ref"] is JsonValue reference)
        {
            node = reference.GetValue<string>().Split('/').Skip(1).Aggregate((JsonNode?)document, (at, key) => at?[key]);
        }

        return node;
    }
}
