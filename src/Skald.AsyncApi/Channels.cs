using System.Text.Json.Nodes;

namespace Skald.AsyncApi;

/// <summary>The channels of a document: queues, topics, and the one whose address only the command knows.</summary>
internal sealed class Channels(AsyncApiOptions options)
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
        Use("answers", new Channel(null, "Answers", "The queue that the command names in its AMQP property reply_to."));

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
        if (options.Servers.Count > 0)
        {
            entry["servers"] = new JsonArray([.. options.Servers.Select(s => Json.Reference("#/servers/" + s.Name))]);
        }

        entry["messages"] = Json.Object(channel.Messages.Select(m => KeyValuePair.Create(m, Json.Reference("#/components/messages/" + m))));
        if (channel.IsTopic)
        {
            BindTopic(entry);
        }
        else if (channel.Address is { } queue)
        {
            entry["bindings"] = Bindings(queue);
            if (options.QueueArguments?.Invoke(queue) is { Count: > 0 } arguments)
            {
                entry["x-rabbitmq"] = new JsonObject { ["arguments"] = Arguments(arguments) };
            }
        }

        return entry;
    }

    private static JsonObject Bindings(string queue) => new()
    {
        ["amqp"] = new JsonObject
        {
            ["is"] = "queue",
            ["queue"] = new JsonObject { ["name"] = queue, ["durable"] = true, ["exclusive"] = false, ["autoDelete"] = false },
            ["bindingVersion"] = Wire.BindingVersion,
        },
    };

    /// <summary>A routing key means nothing without its exchange.</summary>
    private void BindTopic(JsonObject entry)
    {
        if (options.TopicExchange is { } exchange)
        {
            entry["bindings"] = new JsonObject
            {
                ["amqp"] = new JsonObject
                {
                    ["is"] = "routingKey",
                    ["exchange"] = new JsonObject { ["name"] = exchange, ["type"] = "topic", ["durable"] = true, ["autoDelete"] = false },
                    ["bindingVersion"] = Wire.BindingVersion,
                },
            };
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
