using Skald.Definition;
using Skald.PostgreSql;

namespace Skald;

/// <summary>How a PostgreSQL database is used. Ranges are checked at start-up.</summary>
public sealed record PostgreSqlOptions
{
    /// <summary>The schema of the service's tables; made from the service's name when null (<c>food_orders_order</c>).</summary>
    /// <value>At most 50 lower-case letters, digits and underscores, neither a digit nor <c>pg_</c> in front.</value>
    public string? Schema { get; init; }

    /// <summary>The schema of the broker's tables, the same for all services of a system.</summary>
    /// <value>Of the same form as <see cref="Schema"/>.</value>
    public string BrokerSchema { get; init; } = "skald_broker";

    /// <summary>How long a statement may take on a server that answers others. One that answers nobody is noticed sooner: after a second it is asked, and given half of <see cref="ConnectTimeout"/>.</summary>
    /// <value>1 second to 1 hour; 30 seconds unless set.</value>
    public TimeSpan StatementTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long to wait for a connection, be it for the server to answer or for one that others use.</summary>
    /// <value>1 second to 10 minutes; 10 seconds unless set.</value>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How many connections the services of one process have to one database, all together, with the same user and the same timeouts: the others
    /// wait for one, for as long as <see cref="ConnectTimeout"/>. It takes the place of the pool size in a connection string. All processes
    /// together have to stay below the server's <c>max_connections</c>. While a projection is rebuilt, it has two more.
    /// </summary>
    /// <value>10 to 10,000; 40 unless set.</value>
    public int MaxConnections { get; init; } = 40;

    /// <summary>How long a process that has stopped answering keeps the messages it had taken, and the rows it has locked: the server ends a transaction that idles for so long.</summary>
    /// <value>1 second to 10 minutes; 10 seconds unless set.</value>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the broker waits before it writes a message that a consumer in the same process already has and whose sender has it sent again if the process dies.</summary>
    /// <value>Zero to 1 second; 20 milliseconds unless set.</value>
    public TimeSpan WriteBehind { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>How long the broker gathers more to write when its last write carried several messages. One alone never waits.</summary>
    /// <value>Zero to 1 second; 2 milliseconds unless set.</value>
    public TimeSpan Linger { get; init; } = TimeSpan.FromMilliseconds(2);

    /// <exception cref="Storage.StoreSetupException">A schema's name cannot be used.</exception>
    internal PostgreSqlOptions Checked(Ranges ranges)
    {
        ranges
            .Between(StatementTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1))
            .Between(ConnectTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10))
            .Between(MaxConnections, 10, 10_000)
            .Between(Lease, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10))
            .Between(WriteBehind, TimeSpan.Zero, TimeSpan.FromSeconds(1))
            .Between(Linger, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        _ = Schema is null ? null : Identifier.Checked(Schema);
        _ = Identifier.Checked(BrokerSchema);
        return this;
    }
}
