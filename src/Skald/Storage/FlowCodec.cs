using System.Text.Json;
using Skald.Decisions;
using Skald.Definition;

namespace Skald.Storage;

/// <summary>
/// Between a flow and its row. Flows are kept with the sagas, under the definition's name with a prefix: they are loaded, locked,
/// woken and journaled in the same way.
/// </summary>
public static class FlowCodec
{
    private const string Prefix = "flow:";

    /// <summary>The name under which a flow's rows are stored.</summary>
    public static string Definition(string flow) => Prefix + flow;

    /// <summary>Whether a row is a flow's and not a saga's.</summary>
    public static bool IsFlow(SagaRow row) => (row ?? throw new ArgumentNullException(nameof(row))).Definition.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>The status as it is stored.</summary>
    public static SagaStatus Stored(FlowStatus status) => (SagaStatus)(int)status;

    internal static SagaRow ToRow(FlowPlan plan, FlowInstance flow, DateTimeOffset now) => new(
        MessageIds.Flow(plan.Name, flow.Id), Definition(plan.Name), flow.Version, Stored(flow.Status),
        JsonSerializer.SerializeToUtf8Bytes(new State(flow.Id, [.. flow.Seen])), "", null, null, null, flow.Reason,
        flow.WakeAt is { } wakeAt ? UnixTime.From(wakeAt) : null, UnixTime.From(flow.StartedAt), UnixTime.From(now));

    internal static FlowInstance FromRow(SagaRow row)
    {
        var state = JsonSerializer.Deserialize<State>(row.State.Span) ?? throw new JsonException($"The state of flow {row.Id} is null.");
        return new FlowInstance
        {
            Id = state.Flow,
            Version = row.Version,
            Status = (FlowStatus)(int)row.Status,
            Seen = [.. state.Seen],
            Reason = row.ParkReason,
            WakeAt = row.WakeAt is { } wakeAt ? UnixTime.To(wakeAt) : null,
            StartedAt = UnixTime.To(row.StartedAt),
        };
    }

    private sealed record State(string Flow, FlowSighting[] Seen);
}
