using System.Text.Json.Nodes;
using Skald.Messaging;

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

    /// <summary>Sets the field <c>bindings</c> if something is known of the wire.</summary>
    public static void Bind(JsonObject target, WireDescription? wire, JsonObject? binding)
    {
        if (wire is not null)
        {
            target["bindings"] = new JsonObject { [wire.Protocol] = binding };
        }
    }

    public static JsonObject Object(IEnumerable<KeyValuePair<string, JsonObject>> fields) =>
        new(fields.Select(f => KeyValuePair.Create<string, JsonNode?>(f.Key, f.Value)));

    public static JsonObject Reference(string pointer) => new() { ["$ref"] = pointer };
}
