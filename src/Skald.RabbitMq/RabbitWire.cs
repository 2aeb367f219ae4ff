using System.Text.Json.Nodes;
using Skald.Messaging;

namespace Skald.RabbitMq;

/// <summary>
/// What every message carries on RabbitMQ, as documents say it: CloudEvents headers in binary mode and AMQP's own properties.
/// <see cref="OutgoingProperties"/> writes them.
/// </summary>
internal sealed class RabbitWire(RabbitMqOptions options) : WireDescription
{
    /// <summary>Of AsyncAPI's AMQP bindings.</summary>
    private const string BindingVersion = "0.3.0";

    public override string Product => "RabbitMQ";

    public override string Protocol => "amqp";

    public override string ReplyAddress => "AMQP property reply_to";

    public override string ReplyAddressLocation => "$message.header#/reply_to";

    public override string CorrelationLocation => "$message.header#/" + RabbitMq.Headers.CorrelationId.Usual;

    public override string HeadersName => "CloudEventsHeaders";

    public override JsonObject Headers() => new()
    {
        ["description"] = "The attributes of CloudEvents 1.0 and its extensions, as AMQP headers in binary mode.",
        ["type"] = "object",
        ["properties"] = new JsonObject
        {
            [RabbitMq.Headers.SpecVersion.Usual] = new JsonObject { ["type"] = "string", ["const"] = "1.0" },
            [RabbitMq.Headers.Id.Usual] = Text("The message's id, the same for every repeat.", "uuid"),
            [RabbitMq.Headers.Source.Usual] = Text("The service that sent it."),
            [RabbitMq.Headers.Type.Usual] = Text("The message's name."),
            [RabbitMq.Headers.Time.Usual] = Text("When it was made.", "date-time"),
            [RabbitMq.Headers.Kind.Usual] = Text("command, reply, refusal or event; left out where queue and type show it."),
            [RabbitMq.Headers.CorrelationId.Usual] = Text("The saga on whose behalf it travels, if any.", "uuid"),
            [RabbitMq.Headers.CausationId.Usual] = Text("The message that caused it, if any.", "uuid"),
            [RabbitMq.Headers.Flow.Usual] = Text("The flow it travels in, if any."),
            [RabbitMq.Headers.Topic.Usual] = Text("The topic it was published to, if it was."),
            [RabbitMq.Headers.Stream.Usual] = Text("The stream of events that it was appended to, if it was."),
            [RabbitMq.Headers.StreamVersion.Usual] = Text("Its version in the stream."),
            [RabbitMq.Headers.StreamAfter.Usual] = Text("The version of the stream's event that was published before it."),
            [RabbitMq.Headers.HandledIn.Usual] = Text("In an answer: for how many milliseconds its sender was at the command, if it says."),
            [RabbitMq.Headers.WasDone.Usual] = Text("In an undo: true when the saga knows that the step was done."),
            [RabbitMq.Headers.Mac.Usual] = Text("What shows that its sender has the system's key, if there is one."),
            [RabbitMq.Headers.TraceParent.Usual] = Text("The W3C trace context it travels in, if any."),
        },
        ["required"] = new JsonArray([.. ((HeaderName[])[RabbitMq.Headers.SpecVersion, RabbitMq.Headers.Id, RabbitMq.Headers.Source, RabbitMq.Headers.Type, RabbitMq.Headers.Time])
            .Select(header => JsonValue.Create(header.Usual))]),
    };

    public override JsonObject HeadersOf(MessageKind kind) => new()
    {
        [RabbitMq.Headers.Kind.Usual] = new JsonObject { ["type"] = "string", ["const"] = Wire.Name(kind), ["description"] = KindText(kind) },
    };

    public override JsonObject PropertiesOf(MessageKind kind)
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

    public override JsonObject QueueBinding(string queue) => new()
    {
        ["is"] = "queue",
        ["queue"] = new JsonObject { ["name"] = queue, ["durable"] = true, ["exclusive"] = false, ["autoDelete"] = false },
        ["bindingVersion"] = BindingVersion,
    };

    public override IReadOnlyDictionary<string, object?> QueueArguments(string queue) => options.QueueArguments(queue);

    // A routing key means nothing without its exchange.
    public override JsonObject TopicBinding(string topic) => new()
    {
        ["is"] = "routingKey",
        ["exchange"] = new JsonObject { ["name"] = Topology.Topics, ["type"] = "topic", ["durable"] = true, ["autoDelete"] = false },
        ["bindingVersion"] = BindingVersion,
    };

    public override JsonObject MessageBinding(string name) => new() { ["messageType"] = name, ["bindingVersion"] = BindingVersion };

    // To a topic that nobody subscribes to is no mistake.
    public override JsonObject SendBinding(bool published) =>
        new() { ["deliveryMode"] = 2, ["mandatory"] = !published, ["timestamp"] = true, ["bindingVersion"] = BindingVersion };

    public override JsonObject ReceiveBinding() => new() { ["ack"] = true, ["bindingVersion"] = BindingVersion };

    private static string KindText(MessageKind kind) => kind switch
    {
        MessageKind.Command => "Left out: what comes through a queue of commands is one.",
        MessageKind.Refusal => "Left out when the type ends in .response.failure, by which a refusal is known too.",
        MessageKind.Reply => "Left out: what comes through a queue of replies is one unless it says otherwise.",
        _ => "Left out when the topic, or the saga that it is for, shows it.",
    };

    private static JsonObject Text(string description, string? format = null)
    {
        var schema = new JsonObject { ["type"] = "string" };
        if (format is not null)
        {
            schema["format"] = format;
        }

        schema["description"] = description;
        return schema;
    }
}
