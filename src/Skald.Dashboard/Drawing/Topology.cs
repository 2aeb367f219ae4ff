using Skald.Management;

namespace Skald.Dashboard.Drawing;

/// <summary>A service in the drawing of who talks to whom.</summary>
/// <param name="Name">Its full name.</param>
/// <param name="Layer">Its column.</param>
/// <param name="Place">Its row.</param>
/// <param name="State"><c>up</c>, <c>away</c> or <c>missing</c>.</param>
internal sealed record Node(string Name, int Layer, int Place, string State);

/// <summary>What one service sends another.</summary>
/// <param name="From">Who sends.</param>
/// <param name="To">Who gets it.</param>
/// <param name="IsEvent">Whether they are events rather than commands.</param>
/// <param name="Messages">Their wire names.</param>
internal sealed record Edge(Node From, Node To, bool IsEvent, IReadOnlyList<string> Messages);

/// <summary>Services that talk to each other, laid out from those that ask to those that answer.</summary>
/// <param name="Nodes">The services.</param>
/// <param name="Edges">What they send.</param>
internal sealed record Topology(IReadOnlyList<Node> Nodes, IReadOnlyList<Edge> Edges)
{
    /// <summary>One drawing for each set of services that are connected; those that are alone come in none.</summary>
    public static IReadOnlyList<Topology> Of(IReadOnlyList<ServiceInfo> services, IReadOnlyList<MissingService> missing)
    {
        var links = Links(services);
        var names = services.Select(s => s.Service).Concat(links.SelectMany(l => new[] { l.From, l.To })).Distinct().Order(StringComparer.Ordinal).ToList();
        return
        [
            .. from part in Parts(names, links)
               where part.Count > 1
               select Layout(part, links, name => services.FirstOrDefault(s => s.Service == name) is { } s ? s.Problem is null ? "up" : "away" : missing.Any(m => m.Service == name) ? "missing" : "up"),
        ];
    }

    private static List<(string From, string To, bool IsEvent, List<string> Messages)> Links(IReadOnlyList<ServiceInfo> services)
    {
        var commands = from s in services
                       from c in s.Sends
                       where c.Service != s.Service
                       select (From: s.Service, To: c.Service, IsEvent: false, Name: c.Command);
        var events = from s in services
                     from p in s.Publishes
                     from other in services
                     where other != s && other.Subscribes.Any(t => t.Topic == p.Topic)
                     select (From: s.Service, To: other.Service, IsEvent: true, Name: p.Event);
        return [.. commands.Concat(events).GroupBy(l => (l.From, l.To, l.IsEvent)).Select(g => (g.Key.From, g.Key.To, g.Key.IsEvent, g.Select(l => l.Name).Distinct().ToList()))];
    }

    private static IEnumerable<List<string>> Parts(List<string> names, List<(string From, string To, bool IsEvent, List<string> Messages)> links)
    {
        var seen = new HashSet<string>();
        foreach (var name in names.Where(seen.Add))
        {
            var part = new List<string> { name };
            for (var i = 0; i < part.Count; i++)
            {
                part.AddRange(links.Where(l => l.From == part[i] || l.To == part[i]).Select(l => l.From == part[i] ? l.To : l.From).Distinct().Where(seen.Add).ToList());
            }

            yield return part;
        }
    }

    /// <summary>A service's column is one to the right of the rightmost that asks it; circles are cut where they are met.</summary>
    private static Topology Layout(List<string> part, List<(string From, string To, bool IsEvent, List<string> Messages)> links, Func<string, string> state)
    {
        var own = links.Where(l => part.Contains(l.From)).ToList();
        var layers = part.ToDictionary(n => n, _ => 0);
        var first = part.OrderByDescending(n => own.Count(l => l.From == n) - own.Count(l => l.To == n)).ToList();
        var order = first.Select((n, i) => (n, i)).ToDictionary(x => x.n, x => x.i);
        foreach (var name in first)
        {
            foreach (var link in own.Where(l => l.From == name && order[l.To] > order[name]))
            {
                layers[link.To] = Math.Max(layers[link.To], Math.Min(3, layers[name] + 1));
            }
        }

        var nodes = layers.GroupBy(l => l.Value).OrderBy(g => g.Key)
            .SelectMany((layer, column) => layer.OrderBy(l => l.Key, StringComparer.Ordinal).Select((l, i) => new Node(l.Key, column, i, state(l.Key)))).ToDictionary(n => n.Name);
        return new Topology([.. nodes.Values], [.. own.Select(l => new Edge(nodes[l.From], nodes[l.To], l.IsEvent, l.Messages))]);
    }
}
