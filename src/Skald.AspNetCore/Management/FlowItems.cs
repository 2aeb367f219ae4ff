using Skald.Definition;

namespace Skald.Management;

/// <summary>Flows as people see them.</summary>
internal static class FlowItems
{
    /// <exception cref="ManagementException">It is no status.</exception>
    public static FlowStatus? StatusOf(string? word)
    {
        if (word is null)
        {
            return null;
        }

        foreach (var status in Enum.GetValues<FlowStatus>())
        {
            if (status.Word() == word)
            {
                return status;
            }
        }

        throw Refusals.BadRequest($"'{word}' is no status of flows.", $"Use {string.Join(", ", Enum.GetValues<FlowStatus>().Select(status => status.Word()))}.");
    }

    public static FlowItem Of(string service, FlowSnapshot flow, DateTimeOffset now) => new()
    {
        Service = service,
        Id = flow.Id,
        Flow = flow.Flow,
        Status = flow.Status.Word(),
        Why = OtherSentences.OfFlow(flow, now),
        Last = flow.Events is [.., var last] ? last.Event : null,
        StartedAt = flow.StartedAt,
        UpdatedAt = flow.UpdatedAt,
        NextAt = flow.Waits.Min(wait => wait.Due),
        Cursor = flow.Cursor,
    };

    public static FlowDetail Detail(SkaldService service, FlowSnapshot flow, DateTimeOffset now)
    {
        var plan = service.Flows.FirstOrDefault(known => known.Name == flow.Flow);
        return new FlowDetail
        {
            Flow = Of(service.Name, flow, now),
            Events = [.. (plan?.Events ?? []).Select(e => new FlowEventInfo(e.Name, e.By, Words.Of(e.Role), flow.Events.FirstOrDefault(seen => seen.Event == e.Name)?.At))],
            Waits = [.. flow.Waits.Select(wait => new FlowWaitInfo(wait.After, [.. wait.Expected.Select(e => new FlowEventInfo(e.Event, e.By, Role(plan, e.Event), null))], wait.Since, wait.Due))],
        };
    }

    private static string Role(FlowPlan? plan, string name) => Words.Of(plan?.Find(name)?.Role ?? FlowRole.Happens);
}
