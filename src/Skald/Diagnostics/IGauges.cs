using System.Diagnostics.Metrics;

namespace Skald.Diagnostics;

/// <summary>What is measured of a service when somebody collects.</summary>
internal interface IGauges
{
    /// <summary>How many lanes are in the middle of a transaction.</summary>
    Measurement<int> LanesBusy { get; }

    /// <summary>How much waits for its turn in the lanes.</summary>
    Measurement<int> LanesWaiting { get; }

    /// <summary>Sagas that have not ended, by their status.</summary>
    IEnumerable<Measurement<long>> SagasOpen();

    /// <summary>Sagas that run or turn back since longer than a while.</summary>
    IEnumerable<Measurement<long>> SagasOlder();

    /// <summary>Messages that are committed and not confirmed; nothing when that is not known.</summary>
    IEnumerable<Measurement<long>> OutboxPending();
}
