using System.Text.Json.Serialization;

namespace Skald.ServiceHost;

/// <summary>What a path of a module answers.</summary>
internal sealed record HealthMessage(string Message);

/// <summary>What <c>/health/live</c> and <c>/health/ready</c> answer.</summary>
/// <param name="Status"><c>live</c>, <c>ready</c>, <c>degraded</c> or <c>not ready</c>.</param>
internal sealed record HealthStatus(string Status)
{
    /// <summary>What keeps which service from its work; null where nothing does.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, string?>? Problems { get; init; }

    /// <summary>How far each projection is; null where there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, ProjectionHealth>? Projections { get; init; }
}

/// <summary>One that is behind is no problem; one that cannot go on is. Why is in the log.</summary>
internal sealed record ProjectionHealth(double LagSeconds, long LagEvents, string? Problem)
{
    public static ProjectionHealth Of(ProjectionStatus status) => new(
        Math.Round(status.Lag.TotalSeconds, 3), status.LagEvents,
        status.State switch
        {
            ProjectionState.Stopped => $"projection '{status.Name}' stands still at event {status.StopsAt}",
            ProjectionState.Unreachable => $"projection '{status.Name}' stands still: its database cannot be used",
            _ => null,
        });
}
