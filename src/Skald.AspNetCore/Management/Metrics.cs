namespace Skald.Management;

/// <summary>How much the services do.</summary>
/// <param name="At">When this was measured.</param>
/// <param name="EverySeconds">The time from one point of a series to the next.</param>
/// <param name="Services">Each service, by name.</param>
public sealed record MetricsReport(DateTimeOffset At, double EverySeconds, IReadOnlyList<ServiceMetrics> Services)
{
    /// <summary>The services that did not answer.</summary>
    public IReadOnlyList<MissingService> Missing { get; init; } = [];
}

/// <summary>How much one service does.</summary>
public sealed record ServiceMetrics
{
    /// <summary>The service.</summary>
    public required string Service { get; init; }

    /// <summary>Sagas that run, turn back or are parked, by their status.</summary>
    public IReadOnlyDictionary<string, CappedCount> Open { get; init; } = new Dictionary<string, CappedCount>();

    /// <summary>Messages that are committed and not yet confirmed by the broker; null when that is not known.</summary>
    public CappedCount? Outbox { get; init; }

    /// <summary>The age of the oldest event that a projection does not contain, in seconds, by projection.</summary>
    public IReadOnlyDictionary<string, double> ProjectionLagSeconds { get; init; } = new Dictionary<string, double>();

    /// <summary>From start to end, of the sagas that ended in the series' time, in seconds; null when none did. An upper bound: it is counted in steps.</summary>
    public double? P50Seconds { get; init; }

    /// <summary>95 of 100 took no longer, in seconds.</summary>
    public double? P95Seconds { get; init; }

    /// <summary>99 of 100 took no longer, in seconds.</summary>
    public double? P99Seconds { get; init; }

    /// <summary>What happened in each stretch of time, oldest first.</summary>
    public IReadOnlyList<MetricPoint> Series { get; init; } = [];
}

/// <summary>What happened in a stretch of time.</summary>
/// <param name="At">When it began.</param>
/// <param name="Started">Sagas that were started.</param>
/// <param name="Completed">Sagas that ended well.</param>
/// <param name="Compensated">Sagas that ended undone.</param>
/// <param name="Parked">Sagas that began to wait for a person.</param>
/// <param name="Handled">Commands that were handled.</param>
/// <param name="DeadLettered">Messages that were given up.</param>
public sealed record MetricPoint(DateTimeOffset At, long Started, long Completed, long Compensated, long Parked, long Handled, long DeadLettered);

/// <summary>Something has changed.</summary>
/// <param name="Number">The change's number; later ones have higher numbers.</param>
/// <param name="Kind"><c>saga</c> or <c>flow</c>.</param>
/// <param name="Service">Whose it is.</param>
/// <param name="Id">Which.</param>
public sealed record Change(long Number, string Kind, string Service, string Id)
{
    /// <summary>The saga as it is now; null for a flow.</summary>
    public SagaItem? Saga { get; init; }

    /// <summary>The flow as it is now; null for a saga.</summary>
    public FlowItem? Flow { get; init; }
}
