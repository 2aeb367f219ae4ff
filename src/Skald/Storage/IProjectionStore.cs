using System.Data.Common;

namespace Skald.Storage;

/// <summary>Which of a projection's tables are meant.</summary>
public enum ProjectionTables
{
    /// <summary>Those that are read.</summary>
    Live,

    /// <summary>Those that are being built beside them.</summary>
    Rebuild,
}

/// <summary>How far a projection has come, as its own database knows it.</summary>
/// <param name="Position">The last event that is contained in its rows.</param>
/// <param name="Problem">Why it stands still; null when it does not.</param>
public sealed record ProjectionCheckpoint(EventPosition Position, string? Problem);

/// <summary>How one table of a rebuilt projection differs from the live one.</summary>
/// <param name="Table">The table.</param>
/// <param name="LiveRows">Rows in the live table.</param>
/// <param name="RebuiltRows">Rows in the rebuilt table.</param>
/// <param name="OnlyLive">Rows that only the live table has.</param>
/// <param name="OnlyRebuilt">Rows that only the rebuilt table has.</param>
public sealed record TableDifference(string Table, long LiveRows, long RebuiltRows, long OnlyLive, long OnlyRebuilt)
{
    /// <summary>Whether both have the same rows.</summary>
    public bool Same => OnlyLive == 0 && OnlyRebuilt == 0;
}

/// <summary>
/// The database of one projection: its rows and how far they have come, committed together. It may be any database, also one that
/// knows nothing of the events.
/// </summary>
public interface IProjectionStore : IAsyncDisposable
{
    /// <summary>Creates the live tables where they are missing, with a checkpoint before the first event. Repeating it is harmless.</summary>
    /// <param name="schema">The projection's statements, each safe to repeat.</param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    Task StartAsync(IReadOnlyList<string> schema, CancellationToken cancellationToken);

    /// <summary>Opens a transaction that no other process can have at the same time for these tables, and reads the checkpoint in it.</summary>
    ValueTask<IProjectionUnit> BeginAsync(ProjectionTables tables, CancellationToken cancellationToken);

    /// <summary>The live checkpoint; null when the tables do not exist.</summary>
    ValueTask<ProjectionCheckpoint?> FindAsync(CancellationToken cancellationToken);

    /// <summary>Records why the projection stands still; with the next commit it does not any more.</summary>
    ValueTask ReportAsync(string problem, CancellationToken cancellationToken);

    /// <summary>Opens a connection for reading the live tables; the caller disposes it.</summary>
    ValueTask<DbConnection> OpenAsync(CancellationToken cancellationToken);

    /// <summary>Creates empty tables beside the live ones. What an abandoned rebuild left is thrown away.</summary>
    /// <exception cref="InvalidOperationException">Another process is rebuilding this projection.</exception>
    Task BeginRebuildAsync(IReadOnlyList<string> schema, CancellationToken cancellationToken);

    /// <summary>
    /// Holds the live tables where they are, lets the rebuilt ones catch up, compares both and, if wanted, puts the rebuilt ones in the
    /// live ones' place in one transaction. Who reads meanwhile sees the old rows or the new ones, never half.
    /// </summary>
    /// <param name="catchUp">Brings the rebuilt tables to the position of the live ones, or as far as there are events; answers how far.</param>
    /// <param name="takeOver">Decides, from the differences (one line per table), whether the rebuilt tables become the live ones.</param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    /// <returns>The differences.</returns>
    /// <exception cref="SagaConcurrencyException">The rebuilt tables are not as far as that: another process builds them too. Nothing is changed.</exception>
    Task<IReadOnlyList<TableDifference>> EndRebuildAsync(
        Func<EventPosition, Task<EventPosition>> catchUp, Func<IReadOnlyList<TableDifference>, bool> takeOver, CancellationToken cancellationToken);

    /// <summary>Throws the tables that were being built away.</summary>
    Task AbandonRebuildAsync(CancellationToken cancellationToken);

    /// <summary>Whether an exception of the projection's own statements means that the database is away, rather than that a statement is wrong.</summary>
    bool IsOutage(Exception exception);

    /// <summary>A line about the database for people.</summary>
    string Description { get; }
}

/// <summary>An open transaction of a projection's database. Disposing it without <see cref="CommitAsync"/> rolls back.</summary>
public interface IProjectionUnit : IAsyncDisposable
{
    /// <summary>The transaction, for the projection's own statements.</summary>
    DbTransaction Transaction { get; }

    /// <summary>The last event that is contained in the rows.</summary>
    EventPosition Position { get; }

    /// <summary>Writes the new checkpoint, which stands still no more, and commits.</summary>
    /// <exception cref="SagaConcurrencyException">Another process has moved the checkpoint; nothing is written.</exception>
    ValueTask CommitAsync(EventPosition position, CancellationToken cancellationToken);
}
