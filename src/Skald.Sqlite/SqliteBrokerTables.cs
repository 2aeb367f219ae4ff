using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Skald.Messaging;
using Skald.Messaging.Tables;
using Skald.Storage;

namespace Skald.Sqlite;

/// <summary>The rows of a broker in a file. Other processes are woken through a file beside it.</summary>
/// <param name="file">The broker's file.</param>
/// <param name="options">How it is used.</param>
/// <param name="time">The clock by which processes show that they live.</param>
/// <param name="woken">Called when another process has written something, or taken some.</param>
/// <param name="logger">Told of what goes wrong without doing harm.</param>
internal sealed class SqliteBrokerTables(string file, SqliteOptions options, TimeProvider time, Action woken, ILogger logger) : IBrokerTables, IDisposable
{
    private readonly WakeFile _wake = new(file + ".wake", woken, logger);

    // Queues that the open transaction added; their ids count once it is committed.
    private readonly List<BrokerQueue> _newQueues = [];
    private SqliteConnection? _connection;
    private BrokerSql? _sql;
    private OwnerLock? _ownerLock;
    private OwnThread? _thread;
    private OpenedFile? _opened;

    /// <summary>This process's id in the file.</summary>
    public long Owner { get; private set; }

    /// <summary>For tests: a fault that nobody foresaw.</summary>
    public Action? BeforeWrite { get; set; }

    public bool HasMoreToWrite => false;

    // Set before the loop begins, which alone uses them.
    private SqliteConnection Connection => _connection!;

    private BrokerSql Sql => _sql!;

    private OwnThread Thread => _thread!;

    /// <summary>Creates what has to exist, and takes an id for this process.</summary>
    public void Open()
    {
        try
        {
            _connection = NativeSqlite.OpenWriter(file, options);
            using var transaction = _connection.BeginTransaction(deferred: false);
            SchemaUpdate.Apply(_connection, file, SchemaUpdate.Broker, SchemaUpdate.Everybody);
            _sql = new BrokerSql(_connection);
            var row = _sql.InsertOwner.Bind(time.GetUtcNow().ToUnixTimeMilliseconds());
            while (row.Read())
            {
                Owner = row.Int(0);
            }

            // Before the commit: nobody can take this process for dead in between.
            _ownerLock = OwnerLock.Hold(file, Owner, logger);
            transaction.Commit();
        }
        catch (SqliteException exception)
        {
            Close();
            throw new StoreSetupException($"The broker's tables in '{file}' cannot be created: {exception.Message}", exception);
        }
        catch
        {
            Close();
            throw;
        }

        _opened = new OpenedFile(file);
        _thread = new OwnThread("Skald broker " + Path.GetFileName(file));
        _wake.Watch();
    }

    /// <summary>It can be opened again.</summary>
    private void Close()
    {
        _ownerLock?.Dispose();
        _sql?.Dispose();
        _connection?.Dispose();
        (_ownerLock, _sql, _connection) = (null, null, null);
    }

    public Task<IReadOnlyList<List<BrokerMessage>>> WriteAsync(BrokerBatch batch) => Thread.RunAsync<IReadOnlyList<List<BrokerMessage>>>(() =>
    {
        try
        {
            var taken = Write(batch);
            _newQueues.Clear();
            return taken;
        }
        catch (Exception)
        {
            _newQueues.ForEach(q => q.Id = 0);
            _newQueues.Clear();
            throw;
        }
    });

    public Task<bool> BeatAsync() => Thread.RunAsync(Beat);

    public Task LeaveAsync() => Thread.RunAsync(Leave);

    public string Explain(Exception exception) => $"The broker in '{Path.GetFileName(file)}': {exception.Message}";

    public void Dispose()
    {
        _thread?.Dispose();
        _wake.Dispose();
        _sql?.Dispose();
        _connection?.Dispose();
        _ownerLock?.Dispose();
    }

    private bool Beat()
    {
        using var transaction = Connection.BeginTransaction(deferred: false);
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        Sql.SeeOwner.Bind(Owner).Bind(now).Run();
        var dead = Dead(now);
        var freed = 0;
        foreach (var owner in dead)
        {
            freed += Sql.FreeOwner.Bind(owner).Run();
            Sql.DeleteOwner.Bind(owner).Run();
        }

        Commit(transaction);
        TellOthers(freed > 0);
        return dead.Count > 0;
    }

    private bool Leave()
    {
        using var transaction = Connection.BeginTransaction(deferred: false);
        var freed = Sql.FreeOwner.Bind(Owner).Run();
        Sql.DeleteOwner.Bind(Owner).Run();
        transaction.Commit();
        TellOthers(freed > 0);
        return freed > 0;
    }

    private List<List<BrokerMessage>> Write(BrokerBatch batch)
    {
        BeforeWrite?.Invoke();
        var writes = batch.Writes;
        List<List<BrokerMessage>> taken;
        using (var transaction = Connection.BeginTransaction(deferred: false))
        {
            writes.Messages.ForEach(Insert);
            writes.Acknowledged.ForEach(id => Sql.Delete.Bind(id).Bind(Owner).Run());
            writes.Returned.ForEach(message => Sql.Free.Bind(message.Id).Bind(Owner).Run());
            taken = [.. batch.Wanted.Select(Take)];
            Commit(transaction);
        }

        TellOthers(writes.Returned.Count > 0 || writes.Messages.Any(m => m.IsForAnyone));
        return taken;
    }

    /// <summary>Call it before another connection is opened or used.</summary>
    /// <exception cref="SqliteException">The file is not where it was.</exception>
    public void ThrowIfMoved() => _opened?.ThrowIfMoved();

    private void Commit(SqliteTransaction transaction)
    {
        ThrowIfMoved();
        transaction.Commit();
    }

    private void Insert(BrokerMessage message)
    {
        // What may throw comes before the first parameter. A message without envelope is only ever read from the file.
        var (queue, envelope) = (QueueId(message.Queue), EnvelopeCodec.Encode(message.Envelope!));
        Sql.Insert.Bind(message.Id).Bind(queue).Bind(message.IsForAnyone ? 0 : Owner).Bind(envelope).Bind(message.Body.Span).Run();
    }

    private List<BrokerMessage> Take(BrokerWant want)
    {
        var messages = new List<BrokerMessage>();
        var queue = QueueId(want.Queue);
        for (var row = Sql.Take.Bind(Owner).Bind(queue).Bind(want.Count); row.Read();)
        {
            messages.Add(BrokerMessage.Read(row.Int(0), row.Bytes(1), row.Bytes(2), want.Queue));
        }

        messages.Sort((a, b) => a.Id.CompareTo(b.Id));
        return messages;
    }

    private List<long> Dead(long now)
    {
        var dead = new List<long>();
        for (var row = Sql.Owners.Bind(Owner); row.Read();)
        {
            if (now - row.Int(1) > options.Lease.TotalMilliseconds || OwnerLock.IsAbandoned(file, row.Int(0)))
            {
                dead.Add(row.Int(0));
            }
        }

        return dead;
    }

    private long QueueId(BrokerQueue queue)
    {
        if (queue.Id == 0)
        {
            Sql.AddQueue.Bind(queue.Name).Run();
            for (var row = Sql.FindQueue.Bind(queue.Name); row.Read();)
            {
                queue.Id = row.Int(0);
            }

            _newQueues.Add(queue);
        }

        return queue.Id;
    }

    private void TellOthers(bool tell)
    {
        if (tell)
        {
            _wake.Touch();
        }
    }
}
