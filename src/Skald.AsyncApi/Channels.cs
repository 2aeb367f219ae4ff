using System.Text.Json.Nodes;
using Skald.Messaging;

namespace Skald.AsyncApi;

/// <summary>The channels of a document: queues, topics, and the one whose address only the command knows.</summary>
internal sealed class Channels(IReadOnlyList<AsyncApiServer> servers, WireDescription? wire)
{
    private readonly Keys _keys = new();
    private readonly SortedDictionary<string, Channel> _channels = new(StringComparer.Ordinal);

    /// <summary>The queue of a service's commands.</summary>
    public ChannelUse Commands(string queue, string service) =>
        Use(queue, new Channel(queue, $"Commands to {service}", $"The queue from which {service} takes its commands."));

    /// <summary>The queue of the answers to the sagas of a service.</summary>
    public ChannelUse Replies(string queue, string service) =>
        Use(queue, new Channel(queue, $"Answers to {service}", $"The queue from which {service} takes the answers to its sagas, and events for them."));

    /// <summary>Where a participant answers.</summary>
    public ChannelUse Answers() =>
        Use("answers", new Channel(null, "Answers", wire is null ? "The queue that the command names." : $"The queue that the command names in its {wire.ReplyAddress}."));

    /// <summary>A topic: each of its subscriptions gets a copy.</summary>
    public ChannelUse Topic(string topic) =>
        Use(topic, new Channel(topic, $"Topic {topic}", "Each subscription of this topic gets a copy of what is published to it.") { IsTopic = true });

    public JsonObject Write() => Json.Object(_channels.Select(c => KeyValuePair.Create(c.Key, Write(c.Value))));

    private ChannelUse Use(string name, Channel channel)
    {
        var key = _keys.For(name, (channel.Address, channel.IsTopic));
        return new ChannelUse(key, _channels.TryGetValue(key, out var known) ? known.Messages : (_channels[key] = channel).Messages);
    }

    private JsonObject Write(Channel channel)
    {
        var entry = new JsonObject { ["address"] = channel.Address, ["title"] = channel.Title, ["description"] = channel.Description };
        if (servers.Count > 0)
        {
            entry["servers"] = new JsonArray([.. servers.Select(s => Json.Reference("#/servers/" + s.Name))]);
        }

        entry["messages"] = Json.Object(channel.Messages.Select(m => KeyValuePair.Create(m, Json.Reference("#/components/messages/" + m))));
        if (channel.IsTopic)
        {
            Json.Bind(entry, wire, wire?.TopicBinding(channel.Address!)); // A topic has a name.
        }
        else if (channel.Address is { } queue)
        {
            Json.Bind(entry, wire, wire?.QueueBinding(queue));
            AddArguments(entry, queue);
        }

        return entry;
    }

    /// <summary>The field for what only one product has: <c>x-rabbitmq</c>.</summary>
    public static string ProductField(WireDescription wire) => "x-" + wire.Product.ToLowerInvariant();

    private void AddArguments(JsonObject entry, string queue)
    {
        if (wire?.QueueArguments(queue) is { Count: > 0 } arguments)
        {
            entry[ProductField(wire)] = new JsonObject { ["arguments"] = Arguments(arguments) };
        }
    }

    private static JsonObject Arguments(IReadOnlyDictionary<string, object?> arguments) => new(arguments
        .OrderBy(a => a.Key, StringComparer.Ordinal)
        .Select(a => KeyValuePair.Create<string, JsonNode?>(a.Key, a.Value switch
        {
            int number => number,
            bool flag => flag,
            var other => other?.ToString(),
        })));

    private sealed record Channel(string? Address, string Title, string Description)
    {
        public bool IsTopic { get; init; }

        public SortedSet<string> Messages { get; } = new(StringComparer.Ordinal);
    }
}

/// <summary>A channel as an operation uses it.</summary>
/// <param name="Key">The channel's key.</param>
/// <param name="Messages">The keys of the messages that travel through it.</param>
internal sealed record ChannelUse(string Key, SortedSet<string> Messages)
{
    public JsonObject Reference => Json.Reference("#/channels/" + Key);

    /// <summary>References to messages of this channel, which has them from now on.</summary>
    public JsonArray Carry(params IReadOnlyList<string> messages)
    {
        Messages.UnionWith(messages);
        return new JsonArray([.. messages.Select(m => Json.Reference($"#/channels/{Key}/messages/{m}"))]);
    }
}
