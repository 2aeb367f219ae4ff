using System.Text.Json;
using System.Text.Json.Serialization;
using Skald.Decisions;
using Skald.Definition;

namespace Skald.Storage;

/// <summary>Between a flow and its row.</summary>
internal static class FlowCodec
{
    /// <param name="plan">The declaration.</param>
    /// <param name="flow">The flow, with the version it gets.</param>
    /// <param name="loaded">The row it was read from; null for a new one.</param>
    /// <param name="now">The clock.</param>
    public static FlowRow ToRow(FlowPlan plan, FlowInstance flow, FlowRow? loaded, DateTimeOffset now) => new()
    {
        Id = MessageIds.Flow(plan.Name, flow.Id),
        Definition = plan.Name,
        Flow = flow.Id,
        Version = flow.Version,
        Status = flow.Status,
        Seen = JsonSerializer.SerializeToUtf8Bytes(flow.Seen.ToArray(), FlowJson.Default.FlowSightingArray),
        Reason = flow.Reason,
        WakeAt = flow.WakeAt is { } wakeAt ? UnixTime.From(wakeAt) : null,
        StartedAt = UnixTime.From(flow.StartedAt),
        UpdatedAt = UnixTime.From(now),
        EndedAt = flow.Status is FlowStatus.Completed or FlowStatus.Undone ? loaded?.EndedAt ?? UnixTime.From(now) : null,
    };

    /// <summary>The flow of a row, or why it cannot be read. Never throws: a damaged row is data.</summary>
    public static FlowInstance? FromRow(FlowRow row, out string? problem)
    {
        problem = Enum.IsDefined(row.Status) ? null : $"its status is {(int)row.Status}, which there is not";
        FlowSighting[]? seen = null;
        try
        {
            seen = JsonSerializer.Deserialize(row.Seen.Span, FlowJson.Default.FlowSightingArray);
            problem ??= seen is null || seen.Any(s => s.Event is null || s.By is null) ? "the events it has seen are incomplete" : null;
        }
        catch (JsonException exception)
        {
            problem ??= $"the events it has seen cannot be read: {exception.Message}";
        }

        return problem is not null ? null : new FlowInstance
        {
            Id = row.Flow,
            Version = row.Version,
            Status = row.Status,
            // Checked above.
            Seen = [.. seen!],
            Reason = row.Reason,
            WakeAt = row.WakeAt is { } wakeAt ? UnixTime.To(wakeAt) : null,
            StartedAt = UnixTime.To(row.StartedAt),
        };
    }

    /// <summary>The row of a flow that a person has to look at; the rest stays as it is.</summary>
    public static FlowRow Stick(FlowRow row, string reason, DateTimeOffset now) => row with
    {
        Version = row.Version + 1,
        Status = FlowStatus.Stuck,
        Reason = reason,
        WakeAt = null,
        EndedAt = null,
        UpdatedAt = UnixTime.From(now),
    };
}

[JsonSerializable(typeof(FlowSighting[]))]
internal sealed partial class FlowJson : JsonSerializerContext;
