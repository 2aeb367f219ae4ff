using System.Text;
using Skald.Messaging;

namespace Skald.ServiceHost;

/// <summary>The topics and subscriptions of one service's system, under the names that people use within it.</summary>
internal sealed class SystemTopics(SkaldService service, ITopicCatalog catalog, CancellationToken cancellationToken)
{
    private const int LongestName = 100;

    /// <summary>Connects to the broker.</summary>
    /// <exception cref="RefusedException">It keeps no list of topics.</exception>
    public static async Task<SystemTopics> OpenAsync(SkaldService service, CancellationToken cancellationToken)
    {
        await service.Transport.StartAsync(cancellationToken);
        return service.Transport is ITopicCatalog catalog
            ? new SystemTopics(service, catalog, cancellationToken)
            : throw new RefusedException("This broker keeps no list of its topics: create, list and look at them with its own tools.");
    }

    /// <summary>What there is, by name.</summary>
    public async Task<IReadOnlyList<TopicView>> ListAsync()
    {
        var prefix = Full("");
        return
        [
            .. from topic in await catalog.TopicsAsync(cancellationToken)
               where topic.Name.StartsWith(prefix, StringComparison.Ordinal)
               select new TopicView(topic.Name[prefix.Length..], [.. topic.Subscriptions.Select(s => s.StartsWith(prefix, StringComparison.Ordinal) ? s[prefix.Length..] : s)]),
        ];
    }

    public async Task<IReadOnlyList<SubscriptionView>> SubscriptionsAsync() =>
        [.. (await ListAsync()).SelectMany(t => t.Subscriptions.Select(s => new SubscriptionView(s, t.Name))).OrderBy(s => s.Name, StringComparer.Ordinal)];

    public async Task<TopicView> CreateAsync(string topic)
    {
        await catalog.CreateTopicAsync(Full(Checked(topic)), cancellationToken);
        return (await ListAsync()).First(t => t.Name == topic);
    }

    public async Task<SubscriptionView> SubscribeAsync(string name, string topic)
    {
        await MustExistAsync(topic);
        if ((await SubscriptionsAsync()).FirstOrDefault(s => s.Name == Checked(name) && s.Topic != topic) is { } other)
        {
            throw new RefusedException($"Subscription '{name}' exists already, for topic '{other.Topic}'. Choose another name.");
        }

        await service.Transport.SubscribeAsync(Full(topic), Full(name), cancellationToken);
        return new SubscriptionView(name, topic);
    }

    /// <summary>Sends a body as it is, well-formed or not.</summary>
    public async Task<PublishedView> PublishAsync(string topic, string body, string? type, string? flow, TimeProvider time)
    {
        await MustExistAsync(topic);
        var now = time.GetUtcNow();
        var envelope = new Envelope
        {
            Id = Guid.CreateVersion7(now),
            Type = type ?? service.Events.FirstOrDefault(e => e.Topic == topic)?.Name ?? topic,
            Kind = MessageKind.Event,
            Source = service.Name,
            Destination = Full(topic),
            Published = true,
            Flow = flow,
            Time = now,
        };
        await service.SendSignedAsync(new OutgoingMessage(envelope, Encoding.UTF8.GetBytes(body)), cancellationToken);
        return new PublishedView(envelope.Id, topic, envelope.Type);
    }

    /// <summary>The queue of a subscription that exists.</summary>
    /// <exception cref="RefusedException">There is none of this name.</exception>
    public async Task<string> QueueAsync(string subscription) => (await SubscriptionsAsync()).Any(s => s.Name == subscription)
        ? Full(subscription)
        : throw new RefusedException($"There is no subscription '{subscription}'. See which there are with 'subscriptions list', or create it with 'subscriptions create {subscription} --topic TOPIC'.");

    private async Task MustExistAsync(string topic)
    {
        if ((await ListAsync()).All(t => t.Name != topic))
        {
            throw new RefusedException($"There is no topic '{topic}'. See which there are with 'topics list', or create it with 'topics create {topic}'.");
        }
    }

    private string Full(string name) => Address.Topic(service.Name, name);

    private static string Checked(string name) => name.Length is > 0 and <= LongestName && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')
        ? name
        : throw new RefusedException($"'{name}' cannot be a name: use 1 to {LongestName} letters, digits, hyphens and underscores.");
}

/// <summary>A topic as people see it.</summary>
internal sealed record TopicView(string Name, IReadOnlyList<string> Subscriptions);

/// <summary>A subscription as people see it.</summary>
internal sealed record SubscriptionView(string Name, string Topic);

/// <summary>What became of a published message.</summary>
internal sealed record PublishedView(Guid MessageId, string Topic, string Type);
