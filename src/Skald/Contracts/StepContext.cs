using System.Data.Common;

namespace Skald;

/// <summary>What a local step may use besides the state: the transaction that also stores the saga.</summary>
public class StepContext
{
    private readonly DbTransaction? _transaction;

    /// <summary>Made by the engine for each call; tests make their own.</summary>
    /// <param name="transaction">The transaction of the batch; null on the in-memory store.</param>
    /// <param name="sagaId">The saga.</param>
    /// <param name="now">The engine's clock, read once for the batch.</param>
    /// <param name="cancellationToken">Cancelled when the host shuts down.</param>
    public StepContext(DbTransaction? transaction, SagaId? sagaId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        _transaction = transaction;
        SagaId = sagaId;
        Now = now;
        CancellationToken = cancellationToken;
    }

    /// <summary>The saga on whose behalf this runs; null for a message that belongs to none.</summary>
    public SagaId? SagaId { get; }

    /// <summary>The engine's clock, read once for the batch.</summary>
    public DateTimeOffset Now { get; }

    /// <summary>Cancelled when the host shuts down; work rolled back then uses up no attempt.</summary>
    public CancellationToken CancellationToken { get; }

    /// <summary>
    /// The open database transaction. What is written in it is stored together with the saga, the ledger and the
    /// outgoing messages, or not at all. Do not commit it or roll it back.
    /// </summary>
    /// <exception cref="InvalidOperationException">The store is the in-memory one.</exception>
    public DbTransaction Transaction =>
        _transaction ?? throw new InvalidOperationException("The in-memory store has no database transaction. Use UseSqlite(...) for code that writes tables.");

    /// <summary>The connection of <see cref="Transaction"/>.</summary>
    public DbConnection Connection =>
        Transaction.Connection ?? throw new InvalidOperationException("The transaction has ended: use the context only inside the call it was passed to.");
}
