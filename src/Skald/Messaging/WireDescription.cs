using System.Text.Json.Nodes;

namespace Skald.Messaging;

/// <summary>
/// How messages look on a transport that programs of other kinds may use as well, in the words of
/// <see href="https://github.com/asyncapi/bindings">AsyncAPI's bindings</see>. Every call returns objects of its own.
/// </summary>
public abstract class WireDescription
{
    /// <summary>What carries the messages, for people: <c>RabbitMQ</c>.</summary>
    public abstract string Product { get; }

    /// <summary>AsyncAPI's key for bindings of this protocol: <c>amqp</c>.</summary>
    public abstract string Protocol { get; }

    /// <summary>What a command names the queue for its answer in, for people: <c>AMQP property reply_to</c>.</summary>
    public abstract string ReplyAddress { get; }

    /// <summary>The same as AsyncAPI's runtime expression.</summary>
    public abstract string ReplyAddressLocation { get; }

    /// <summary>Where a message names its saga, as AsyncAPI's runtime expression.</summary>
    public abstract string CorrelationLocation { get; }

    /// <summary>The key of the schema of <see cref="Headers"/>.</summary>
    public abstract string HeadersName { get; }

    /// <summary>The headers of every message, as a JSON Schema.</summary>
    public abstract JsonObject Headers();

    /// <summary>What the headers of one kind of message say besides, as properties of a JSON Schema.</summary>
    public abstract JsonObject HeadersOf(MessageKind kind);

    /// <summary>The protocol's own properties of one kind of message: names, and values or what they mean.</summary>
    public abstract JsonObject PropertiesOf(MessageKind kind);

    /// <summary>The channel binding of a queue.</summary>
    public abstract JsonObject QueueBinding(string queue);

    /// <summary>The arguments that whoever declares a queue must give; none unless the product has such.</summary>
    public abstract IReadOnlyDictionary<string, object?> QueueArguments(string queue);

    /// <summary>The channel binding of a topic.</summary>
    public abstract JsonObject TopicBinding(string topic);

    /// <summary>The binding of a message.</summary>
    /// <param name="name">Its wire name.</param>
    public abstract JsonObject MessageBinding(string name);

    /// <summary>The operation binding of who sends a message.</summary>
    /// <param name="published">Whether it goes to a topic.</param>
    public abstract JsonObject SendBinding(bool published);

    /// <summary>The operation binding of who receives messages.</summary>
    public abstract JsonObject ReceiveBinding();
}
