using Skald.Definition;

namespace Skald;

/// <summary>How a SQLite file is used. Ranges are checked at start-up.</summary>
public sealed record SqliteOptions
{
    /// <summary>
    /// Whether a commit waits until the disk has it (<c>synchronous=FULL</c>). Without it a commit survives the death of
    /// the process, but the last ones may be lost with the power.
    /// </summary>
    public bool Durable { get; init; } = true;

    /// <summary>How long to wait for another process that is writing.</summary>
    /// <value>1 millisecond to 1 hour; 30 seconds unless set.</value>
    public TimeSpan BusyTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a process that has stopped answering keeps the messages it had taken.</summary>
    /// <value>1 second to 10 minutes; 10 seconds unless set.</value>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long the broker waits before it writes a message that a consumer in the same process already has: handled by
    /// then, it need not be written at all. Until then its sender, who is in this process too, has it sent again if the process dies.
    /// </summary>
    /// <value>Zero to 1 second; 20 milliseconds unless set.</value>
    public TimeSpan WriteBehind { get; init; } = TimeSpan.FromMilliseconds(20);

    internal SqliteOptions Checked(Ranges ranges)
    {
        ranges
            .Between(BusyTimeout, TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1))
            .Between(Lease, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10))
            .Between(WriteBehind, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        return this;
    }
}
