namespace Skald;

/// <summary>How a PostgreSQL database is used.</summary>
public sealed record PostgreSqlOptions
{
    /// <summary>The schema of the service's tables; made from the service's name when null (<c>food_orders_order</c>).</summary>
    public string? Schema { get; init; }

    /// <summary>The schema of the broker's tables, the same for all services of a system.</summary>
    public string BrokerSchema { get; init; } = "skald_broker";

    /// <summary>How long a statement may take before the database counts as unreachable.</summary>
    public TimeSpan StatementTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long to wait for a connection.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a process that has stopped answering keeps the messages it had taken.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the broker waits before it writes a message that a consumer in the same process already has and whose sender keeps it safe.</summary>
    public TimeSpan WriteBehind { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>How long the broker gathers more to write when its last write carried several messages. One alone never waits.</summary>
    public TimeSpan Linger { get; init; } = TimeSpan.FromMilliseconds(2);

    /// <summary>
    /// After how many whole months journal and ledger entries are dropped. It must be longer than any saga lives, and longer
    /// than any copy of a message can arrive late.
    /// </summary>
    /// <value>1 or more; null, which keeps everything, unless set.</value>
    public int? RetentionMonths { get; init; }
}
