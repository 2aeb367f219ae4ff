using System.Text.Json.Nodes;

namespace Skald.AsyncApi;

/// <summary>Small steps in building JSON.</summary>
internal static class Json
{
    /// <summary>Sets a field if there is something to say.</summary>
    public static void Set(JsonObject target, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            target[name] = value;
        }
    }

    public static JsonObject Object(IEnumerable<KeyValuePair<string, JsonObject>> fields) =>
        new(fields.Select(f => KeyValuePair.Create<string, JsonNode?>(f.Key, f.Value)));

    public static JsonObject Reference(string pointer) => new() { ["$ref"] = pointer };
}
