namespace Skald.Messaging;

/// <summary>A transport that can list its topics, for tools. No service needs it.</summary>
public interface ITopicCatalog
{
    /// <summary>Creates a topic; does nothing if it exists. It outlives this process.</summary>
    Task CreateTopicAsync(string topic, CancellationToken cancellationToken);

    /// <summary>The topics of every system on this transport, by name, whoever created them.</summary>
    Task<IReadOnlyList<Topic>> TopicsAsync(CancellationToken cancellationToken);
}

/// <summary>A topic and who gets its messages.</summary>
/// <param name="Name">The topic's full name.</param>
/// <param name="Subscriptions">The queues that each get a copy of every message, by full name, sorted.</param>
public sealed record Topic(string Name, IReadOnlyList<string> Subscriptions)
{
    /// <summary>Topics from pairs of a topic and a queue that is subscribed to it, null for none, in any order; sorted by name.</summary>
    public static IReadOnlyList<Topic> FromRows(IEnumerable<(string Topic, string? Queue)> rows) =>
    [
        .. rows.GroupBy(r => r.Topic, r => r.Queue).OrderBy(t => t.Key, StringComparer.Ordinal)
            .Select(t => new Topic(t.Key, [.. t.OfType<string>().Order(StringComparer.Ordinal)])),
    ];
}
