using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Skald.Storage;
using SQLitePCL;

namespace Skald.Sqlite;

/// <summary>
/// The one connection of a process that writes a service's rows, with its statements. What it commits comes into the file that others know by its name, or is
/// refused; and it says whether something could be written when nothing is.
/// </summary>
/// <param name="file">The file's full path.</param>
/// <param name="options">How it is used.</param>
internal sealed class StoreWriter(string file, SqliteOptions options)
{
    // What a batch takes at most, or nearly.
    private const int RoomForBatch = 1 << 20;

    // Whoever has nothing to write asks so often whether it could.
    private static readonly TimeSpan ShowsRoomEvery = TimeSpan.FromSeconds(2);

    // What was removed makes room for what comes: a tenth of the file stays free, so that it does not shrink and grow in turn.
    private const int SpareParts = 10;
    private const int FewPages = 1000;
    private const int PagesAtOnce = 250;

    private SqliteConnection? _connection;
    private StoreSql? _sql;
    private OpenedFile? _opened;
    private bool _isReopened;
    private bool _isFull;
    private long? _wroteAt;

    /// <summary>The statements of the connection, which is opened again when it was taken from somebody.</summary>
    /// <exception cref="StoreUnavailableException">It cannot be opened again.</exception>
    public StoreSql Sql
    {
        get
        {
            if (_isReopened)
            {
                OpenAgain();
            }

            return _sql ?? throw new InvalidOperationException("The store was not started.");
        }
    }

    /// <summary>Opens it, and creates what has to exist.</summary>
    /// <exception cref="StoreSetupException">It cannot be used; nothing is open.</exception>
    public void Open(string owner, IReadOnlyList<string> schema)
    {
        _connection = NativeSqlite.OpenWriter(file, options, shrinks: true);
        try
        {
            using var transaction = _connection.BeginTransaction(deferred: false);
            SchemaUpdate.Apply(_connection, file, SchemaUpdate.Store, owner);
            foreach (var statement in schema)
            {
                NativeSqlite.Execute(_connection, statement);
            }

            transaction.Commit();
        }
        catch (StoreSetupException)
        {
            Close();
            throw;
        }
        catch (SqliteException exception)
        {
            Close();
            throw new StoreSetupException($"The tables in '{file}' cannot be created: {exception.Message}", exception);
        }

        (_sql, _opened) = (new StoreSql(_connection), new OpenedFile(file));
    }

    /// <summary>Begins a transaction that writes.</summary>
    public SqliteTransaction Begin()
    {
        _ = Sql;
        // Whatever has statements has a connection.
        return _connection!.BeginTransaction(deferred: false);
    }

    /// <summary>Commits, if what is committed comes into the file that others know by its name.</summary>
    /// <exception cref="SqliteException">Nothing was committed.</exception>
    public void Commit(SqliteTransaction transaction)
    {
        // Whoever has a transaction has opened the file.
        _opened!.ThrowIfMoved();
        transaction.Commit();
        _wroteAt = Stopwatch.GetTimestamp();
    }

    /// <summary>Writing has failed, while something was written or at the commit.</summary>
    public void Failed(SqliteException exception) => _isFull |= exception.SqliteErrorCode is raw.SQLITE_FULL or raw.SQLITE_IOERR;

    /// <summary>
    /// Whether something could be written, when nothing is: a look for due work that finds none writes nothing, and would find a full disk in order. Once
    /// writing has failed there must be room for a batch again, so that it is not over one moment and back the next.
    /// </summary>
    /// <exception cref="SqliteException">It could not.</exception>
    public void ShowRoom()
    {
        if (_isFull)
        {
            TakeRoom(RoomForBatch);
            TakeRoom(0);
            _isFull = false;
        }
        else if (_wroteAt is not { } at || Stopwatch.GetElapsedTime(at) > ShowsRoomEvery)
        {
            TakeRoom(0);
        }
    }

    /// <summary>Gives pages that are free back to the system, a few at a time; some are left for what is written next. Not of a file that was made without.</summary>
    /// <returns>Whether there are more.</returns>
    public bool Shrink()
    {
        var (free, enough) = (Sql.FreePages.Single(), Math.Max(Sql.Pages.Single() / SpareParts, FewPages) + PagesAtOnce);
        if (free < enough)
        {
            return false;
        }

        NativeSqlite.Execute(_connection!, $"PRAGMA incremental_vacuum({PagesAtOnce})");
        return Sql.FreePages.Single() is var left && left < free && left >= enough;
    }

    /// <summary>Call it before a connection beside this one is opened: it would find another file, and the log of this one.</summary>
    /// <exception cref="SqliteException">The file is not where it was.</exception>
    public void ThrowIfMoved()
    {
        if (_isReopened)
        {
            _opened?.ThrowIfFileMoved();
        }
        else
        {
            _opened?.ThrowIfMoved();
        }
    }

    /// <summary>Somebody who has not returned has the connection: it is closed, and the next unit of work gets another.</summary>
    public void Reopen()
    {
        _isReopened = true;
        if (_connection is not { } held)
        {
            return;
        }

        // A statement that runs on another thread ends.
        raw.sqlite3_interrupt(held.Handle);
        CloseConnection();
        // Whoever opens it again by its reference does not reach the file.
        held.ConnectionString = "Data Source=:memory:";
    }

    /// <summary>It can be opened again.</summary>
    public void Close()
    {
        // Its log may go with it.
        (_isReopened, _opened) = (false, null);
        CloseConnection();
    }

    private void OpenAgain()
    {
        try
        {
            _opened?.ThrowIfFileMoved();
            _connection = NativeSqlite.OpenWriter(file, options);
        }
        catch (Exception exception) when (exception is StoreSetupException or SqliteException)
        {
            throw new StoreUnavailableException(exception.Message, exception);
        }

        (_sql, _opened, _isReopened) = (new StoreSql(_connection), new OpenedFile(file), false);
    }

    private void TakeRoom(int bytes)
    {
        using var transaction = Begin();
        Sql.TakeRoom.Bind(bytes).Run();
        Commit(transaction);
    }

    private void CloseConnection()
    {
        _sql?.Dispose();
        _sql = null;
        _connection?.Dispose();
        _connection = null;
    }
}
