using System.Text.Json.Nodes;
using Skald.Messaging;

namespace Skald.AsyncApi;

/// <summary>What every message of a kind carries besides its payload: CloudEvents headers, and AMQP's own properties.</summary>
internal static class Wire
{
    /// <summary>Of AsyncAPI's AMQP bindings.</summary>
    public const string BindingVersion = "0.3.0";

    private const string Prefix = "cloudEvents_";

    public static string Word(MessageKind kind) => kind switch
    {
        MessageKind.Command => "command",
        MessageKind.Reply => "reply",
        MessageKind.Refusal => "refusal",
        _ => "event",
    };

    public static JsonObject Trait(MessageKind kind, Schemas schemas) => new()
    {
        ["headers"] = new JsonObject
        {
            ["type"] = "object",
            ["allOf"] = new JsonArray(schemas.Add("CloudEventsHeaders", Headers())),
            ["properties"] = new JsonObject
            {
                [Prefix + "kind"] = new JsonObject { ["type"] = "string", ["const"] = Word(kind), ["description"] = KindText(kind) },
            },
        },
        ["correlationId"] = new JsonObject
        {
            ["location"] = $"$message.header#/{Prefix}correlationid",
            ["description"] = "The saga on whose behalf the message travels.",
        },
        ["x-amqp-properties"] = Properties(kind),
    };

    private static string KindText(MessageKind kind) => kind switch
    {
        MessageKind.Command => "Left out: what comes through a queue of commands is one.",
        MessageKind.Refusal => "Left out when the type ends in .response.failure, by which a refusal is known too.",
        MessageKind.Reply => "Left out: what comes through a queue of replies is one unless it says otherwise.",
        _ => "Left out when the topic, or the saga that it is for, shows it.",
    };

    private static JsonObject Headers() => new()
    {
        ["description"] = "The attributes of CloudEvents 1.0 and its extensions, as AMQP headers in binary mode.",
        ["type"] = "object",
        ["properties"] = new JsonObject
        {
            [Prefix + "specversion"] = new JsonObject { ["type"] = "string", ["const"] = "1.0" },
            [Prefix + "id"] = Text("The message's id, the same for every repeat.", "uuid"),
            [Prefix + "source"] = Text("The service that sent it."),
            [Prefix + "type"] = Text("The message's name."),
            [Prefix + "time"] = Text("When it was made.", "date-time"),
            [Prefix + "kind"] = Text("command, reply, refusal or event; left out where queue and type show it."),
            [Prefix + "correlationid"] = Text("The saga on whose behalf it travels, if any.", "uuid"),
            [Prefix + "causationid"] = Text("The message that caused it, if any.", "uuid"),
            [Prefix + "flow"] = Text("The flow it travels in, if any."),
            [Prefix + "topic"] = Text("The topic it was published to, if it was."),
            [Prefix + "stream"] = Text("The stream of events that it was appended to, if it was."),
            [Prefix + "streamversion"] = Text("Its version in the stream."),
            [Prefix + "streamafter"] = Text("The version of the stream's event that was published before it."),
            [Prefix + "traceparent"] = Text("The W3C trace context it travels in, if any."),
        },
        ["required"] = new JsonArray([.. ((string[])["specversion", "id", "source", "type", "time"]).Select(name => JsonValue.Create(Prefix + name))]),
    };

    private static JsonObject Properties(MessageKind kind)
    {
        var properties = new JsonObject
        {
            ["message_id"] = "The message's id, the same for every repeat.",
            ["type"] = "The message's name.",
            ["app_id"] = "The service that sent it.",
            ["correlation_id"] = kind switch
            {
                MessageKind.Command => "What the command belongs to. Copy it to the answer unchanged.",
                MessageKind.Event => "The saga that the event is for, or on whose behalf it is published, if any.",
                _ => "Copied from the command that is answered.",
            },
        };
        if (kind == MessageKind.Command)
        {
            properties["reply_to"] = "The queue that the answer goes to.";
        }

        properties["timestamp"] = "When it was made, in seconds.";
        properties["content_type"] = "application/json";
        properties["delivery_mode"] = 2;
        return properties;
    }

    private static JsonObject Text(string description, string? format = null)
    {
        var schema = new JsonObject { ["type"] = "string" };
        Json.Set(schema, "format", format);
        schema["description"] = description;
        return schema;
    }
}
