using Microsoft.Extensions.DependencyInjection;
using Skald.Definition;

namespace Skald.ServiceHost;

/// <summary>What every service with a flow can say about it on the command line.</summary>
internal static class FlowVerbs
{
    private const int MostListed = 1000;

    private static readonly Verb[] All =
    [
        new("flows", "Lists the flows that this service keeps, the stuck ones first.", ListAsync)
        {
            Parameters =
            [
                VerbParameter.Optional<string>("status", "Only those that are stuck, running, undone or completed."),
                VerbParameter.Optional("limit", "The most to list.", 100),
            ],
        },
        new("flow", "Shows where a flow stands, its events, and this service's part of its timeline.", DetailsAsync)
        {
            Parameters = [VerbParameter.Required<string>("id", "The flow's id.")],
        },
        new("draw_flow", "Prints the declaration as a Mermaid flowchart.", DrawAsync)
        {
            Parameters = [VerbParameter.Optional<string>("name", "The flow's name, where the service has several.")],
        },
    ];

    /// <summary>The verbs for a module that takes part in a flow; none for another.</summary>
    public static IEnumerable<Verb> For(ServiceModule module)
    {
        var takesPart = false;
        new ServiceCollection().AddSkald(module.FullName, skald =>
        {
            module.Configure(skald);
            takesPart = skald.TakesPartInFlows;
        });
        return takesPart ? All : [];
    }

    private static async Task<object?> ListAsync(VerbContext context)
    {
        var (word, limit) = (context.Get<string?>("status"), context.Get<int>("limit"));
        var status = word is null ? (FlowStatus?)null
            : FlowViews.StatusOf(word) ?? throw new RefusedException($"'{word}' is not a flow's status. Use stuck, running, undone or completed.");
        if (limit is < 1 or > MostListed)
        {
            throw new RefusedException($"--limit takes 1 to {MostListed}, not {limit}.");
        }

        return context.Service.Flows.Any(context.Service.Owns)
            ? await FlowViews.ListAsync([context.Service], status, limit, context.CancellationToken)
            : throw new RefusedException($"{Keepers(context.Service)} Ask it for the list; 'flow ID' shows this service's part of one.");
    }

    private static async Task<object?> DetailsAsync(VerbContext context)
    {
        var id = context.Get<string>("id");
        var flow = await FlowViews.FindAsync([context.Service], id, context.CancellationToken)
            ?? throw new RefusedException($"No flow has id '{id}' here. List them with flows.");
        return flow.Status is not null ? flow : new VerbOutcome(new FlowPart(flow.Id, flow.Flow, flow.Timeline), 0, $"{Keepers(context.Service)} Ask it where the flow stands.");
    }

    private static Task<object?> DrawAsync(VerbContext context)
    {
        var name = context.Get<string?>("name");
        var plans = context.Service.Flows.Where(f => name is null || f.Name == name).ToList();
        return plans.Count > 0
            ? Task.FromResult<object?>(string.Join('\n', plans.Select(p => p.ToMermaid())).TrimEnd())
            : throw new RefusedException($"There is no flow '{name}'. There is {string.Join(", ", context.Service.Flows.Select(f => f.Name))}.");
    }

    private static string Keepers(SkaldService service) =>
        string.Join(" ", service.Flows.Where(f => !service.Owns(f)).Select(f => $"Flow '{f.Name}' is kept by service '{f.Owner}'."));
}
