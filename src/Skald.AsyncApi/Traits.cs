using System.Text.Json.Nodes;
using Skald.Messaging;

namespace Skald.AsyncApi;

/// <summary>What every message of a kind carries besides its payload; where nothing is known of the wire, only its kind.</summary>
internal static class Traits
{
    public static string Word(MessageKind kind) => kind switch
    {
        MessageKind.Command => "command",
        MessageKind.Reply => "reply",
        MessageKind.Refusal => "refusal",
        _ => "event",
    };

    /// <summary>The field of a trait for the protocol's own properties.</summary>
    public static string PropertiesField(WireDescription wire) => $"x-{wire.Protocol}-properties";

    public static JsonObject Of(MessageKind kind, WireDescription? wire, Schemas schemas) => wire is null
        ? new JsonObject { ["x-kind"] = Word(kind) }
        : new JsonObject
        {
            ["headers"] = new JsonObject
            {
                ["type"] = "object",
                ["allOf"] = new JsonArray(schemas.Add(wire.HeadersName, wire.Headers())),
                ["properties"] = wire.HeadersOf(kind),
            },
            ["correlationId"] = new JsonObject
            {
                ["location"] = wire.CorrelationLocation,
                ["description"] = "The saga on whose behalf the message travels.",
            },
            [PropertiesField(wire)] = wire.PropertiesOf(kind),
        };
}
