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
/// <remarks>
/// <para>Of an instance, one unit of the live tables and one of those being rebuilt may be open at once, each used by one caller at a time;
/// everything else is called beside them, from any thread. Other processes, and other instances in this one, use the same data at the same time.</para>
/// <para>Once it is started, every member that reaches the live tables throws <see cref="StoreUnavailableException"/>, and nothing else, when
/// their database cannot be reached or written at all (a lost server, a cut connection, a full disk), or when they are gone: the runner waits,
/// starts the store once more and goes on from what it finds. Nothing is half done then; whether a commit whose answer got lost has happened
/// is not known, and the checkpoint tells. When the database is back, the same instance works again.</para>
/// <para>Positions come back as they were put in, whatever their numbers. Texts may hold any character that C# does; one that the database
/// cannot keep (NUL, half a surrogate pair) becomes U+FFFD.</para>
/// <para><c>ProjectionStoreContract</c> in <c>Skald.Testing</c> holds a case for each of these promises. An adapter hosts all of them.</para>
/// </remarks>
public interface IProjectionStore : IAsyncDisposable
{
    /// <summary>
    /// Creates the live tables where they are missing, with a checkpoint before the first event. Repeating it, also by several processes at
    /// once, is harmless: rows, checkpoint and problem stay, and what the statements have gained since is made.
    /// </summary>
    /// <param name="schema">The projection's statements, each safe to repeat.</param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    /// <exception cref="StoreSetupException">The data belongs to another service, was written by a newer version, or a statement is wrong; nothing is changed.</exception>
    /// <exception cref="StoreUnavailableException">The database cannot be reached. A file that cannot be opened may be a <see cref="StoreSetupException"/>.</exception>
    Task StartAsync(IReadOnlyList<string> schema, CancellationToken cancellationToken);

    /// <summary>
    /// Opens a transaction that no other process can have at the same time for these tables, and reads the checkpoint in it. Whoever comes
    /// second waits, and begins where the first has ended.
    /// </summary>
    /// <param name="tables">The live tables, or those that this instance is rebuilding. The two do not wait for each other.</param>
    /// <param name="cancellationToken">Abandons the wait; a unit that was begun all the same is rolled back when it is disposed.</param>
    /// <exception cref="StoreUnavailableException">The database cannot be reached, the tables are gone, or another has kept the transaction for longer than one waits.</exception>
    /// <exception cref="InvalidOperationException">The tables are those of a rebuild, and this instance has begun none.</exception>
    ValueTask<IProjectionUnit> BeginAsync(ProjectionTables tables, CancellationToken cancellationToken);

    /// <summary>The live checkpoint as it was last committed, without waiting for an open unit; null when the tables do not exist.</summary>
    ValueTask<ProjectionCheckpoint?> FindAsync(CancellationToken cancellationToken);

    /// <summary>Records why the projection stands still, for every process to see; rows and position stay. With the next commit it does not stand still any more.</summary>
    ValueTask ReportAsync(string problem, CancellationToken cancellationToken);

    /// <summary>
    /// Opens a connection for reading the live tables; the caller disposes it. It sees what is committed, and waits for no open unit. A
    /// rebuild that ends does not wait for who reads.
    /// </summary>
    ValueTask<DbConnection> OpenAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Creates empty tables beside the live ones, with a checkpoint before the first event. What an abandoned rebuild left is thrown away,
    /// also one whose process died. The rebuild is this instance's until it is ended or abandoned, or the instance is disposed.
    /// </summary>
    /// <param name="schema">The projection's statements.</param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    /// <exception cref="InvalidOperationException">The projection is being rebuilt, by another process or this instance: that goes on undisturbed.</exception>
    /// <exception cref="StoreSetupException">A statement is wrong; nothing is changed.</exception>
    /// <exception cref="StoreUnavailableException">The database cannot be reached or written; no rebuild has begun.</exception>
    Task BeginRebuildAsync(IReadOnlyList<string> schema, CancellationToken cancellationToken);

    /// <summary>
    /// Holds the live tables where they are, lets the rebuilt ones catch up, compares both and, if wanted, puts the rebuilt ones in the
    /// live ones' place in one transaction: rows, indexes, checkpoint, and no problem. Who reads meanwhile sees the old rows or the new ones,
    /// never half; who waits to write begins where the rebuilt ones end, or is refused when it commits. The rebuild is over in any case.
    /// </summary>
    /// <param name="catchUp">
    /// Brings the rebuilt tables to the position of the live ones, or as far as there are events, with units of
    /// <see cref="ProjectionTables.Rebuild"/>; answers how far. What it throws ends the rebuild, and nothing is changed.
    /// </param>
    /// <param name="takeOver">
    /// Decides, from the differences, whether the rebuilt tables become the live ones. There is one line per rebuilt table, in any order; a row
    /// that a table has twice counts twice. What it throws ends the rebuild, and nothing is changed.
    /// </param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    /// <returns>The differences.</returns>
    /// <exception cref="SagaConcurrencyException">The rebuilt tables are not as far as that: another process builds them too. Nothing is changed.</exception>
    /// <exception cref="InvalidOperationException">This instance has begun no rebuild.</exception>
    Task<IReadOnlyList<TableDifference>> EndRebuildAsync(
        Func<EventPosition, Task<EventPosition>> catchUp, Func<IReadOnlyList<TableDifference>, bool> takeOver, CancellationToken cancellationToken);

    /// <summary>Throws the tables that this instance was building away. When it builds none, nothing happens; those of others stay.</summary>
    Task AbandonRebuildAsync(CancellationToken cancellationToken);

    /// <summary>Whether an exception of the projection's own statements means that the database is away, rather than that a statement is wrong.</summary>
    bool IsOutage(Exception exception);

    /// <summary>A line about the database for people.</summary>
    string Description { get; }
}

/// <summary>An open transaction of a projection's database. Disposing it without <see cref="CommitAsync"/> rolls back rows and checkpoint.</summary>
public interface IProjectionUnit : IAsyncDisposable
{
    /// <summary>The transaction, for the projection's own statements. Their names carry no schema: they mean the tables the unit was begun for.</summary>
    DbTransaction Transaction { get; }

    /// <summary>The last event that is contained in the rows.</summary>
    EventPosition Position { get; }

    /// <summary>Writes the new checkpoint, which stands still no more, and commits it with the rows; without rows too, when an event is left out.</summary>
    /// <exception cref="SagaConcurrencyException">Another process has moved the checkpoint; nothing is written.</exception>
    ValueTask CommitAsync(EventPosition position, CancellationToken cancellationToken);
}
