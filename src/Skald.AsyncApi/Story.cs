namespace Skald.AsyncApi;

/// <summary>A service's description in a few sentences.</summary>
internal static class Story
{
    public static string Of(ServiceDescription service)
    {
        var sentences = new List<string>();
        if (service.Sagas.Count > 0)
        {
            sentences.Add($"Orchestrates the {(service.Sagas.Count == 1 ? "saga" : "sagas")} {List(service.Sagas.Select(s => s.Name))}.");
        }

        if (service.Sends.Count > 0)
        {
            var queues = service.Sends.Select(s => s.Queue).Distinct().Order(StringComparer.Ordinal);
            sentences.Add($"Sends commands to {List(queues)} and takes the answers from {service.ReplyQueue}.");
        }

        if (service.Handles.Count > 0)
        {
            sentences.Add($"Takes commands from {service.CommandQueue} and answers to the queue that each command names.");
        }

        if (service.Publishes.Count > 0)
        {
            sentences.Add($"Publishes {List(service.Publishes.Select(e => e.Contract.Name))}.");
        }

        if (service.Subscribes.Count > 0)
        {
            sentences.Add($"Subscribes to {List(service.Subscribes.Select(e => e.Topic).Distinct())}.");
        }

        return sentences.Count == 0 ? "Neither sends nor receives messages." : string.Join(' ', sentences);
    }

    private static string List(IEnumerable<string> names) =>
        names.ToList() is var list && list.Count == 1 ? list[0] : $"{string.Join(", ", list[..^1])} and {list[^1]}";
}
