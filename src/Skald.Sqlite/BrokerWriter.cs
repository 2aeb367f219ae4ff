using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Skald.Messaging;
using Skald.Messaging.Tables;
using Skald.Storage;

namespace Skald.Sqlite;

/// <summary>The one thread of this process that uses the broker's file. It sleeps until there is something to do.</summary>
internal sealed class BrokerWriter(SqliteBroker broker, string file, SqliteOptions options, TimeProvider time) : IBrokerWriter, IAsyncDisposable
{
    private static readonly TimeSpan StoppingMayTake = TimeSpan.FromSeconds(3);

    private readonly AutoResetEvent _signal = new(false);
    private readonly Lock _flushLock = new();
    private List<TaskCompletionSource> _flushes = [];
    private WakeFile? _wake;
    private SqliteConnection? _connection;
    private BrokerSql? _sql;
    private OwnerLock? _ownerLock;
    private Thread? _thread;
    private ITimer? _heartbeat;
    private volatile bool _urgent;
    private volatile bool _look;
    private volatile bool _beat;
    private volatile bool _stopping;

    // When the oldest thing that may wait began to wait; 0 when nothing does. Real time: it is waited for, not decided by.
    private long _waitingSince;

    // Queues that the open transaction added; their ids count once it is committed.
    private readonly List<BrokerQueue> _newQueues = [];

    /// <summary>This process's id in the file.</summary>
    public long Owner { get; private set; }

    /// <summary>Why the file cannot be used at the moment; null when it can.</summary>
    public string? Problem { get; private set; }

    public void Start()
    {
        _connection = NativeSqlite.OpenWriter(file, options);
        try
        {
            using var transaction = _connection.BeginTransaction(deferred: false);
            NativeSqlite.Execute(_connection, NativeSqlite.Resource("broker.sql"));
            _sql = new BrokerSql(_connection);
            var row = _sql.InsertOwner.Bind(time.GetUtcNow().ToUnixTimeMilliseconds());
            while (row.Read())
            {
                Owner = row.Int(0);
            }

            // Before the commit: nobody can take this process for dead in between.
            _ownerLock = OwnerLock.Hold(file, Owner);
            transaction.Commit();
        }
        catch (SqliteException exception)
        {
            throw new StoreSetupException($"The broker's tables in '{file}' cannot be created: {exception.Message}", exception);
        }

        _wake = new WakeFile(file + ".wake", Look);
        _wake.Watch();
        _beat = true;
        _heartbeat = time.CreateTimer(_ => Beat(), null, options.Lease / 5, options.Lease / 5);
        _thread = new Thread(Run) { IsBackground = true, Name = "Skald broker " + Path.GetFileName(file) };
        _thread.Start();
    }

    public void Wake(bool urgent)
    {
        if (urgent)
        {
            _urgent = true;
            _signal.Set();
        }
        else if (Interlocked.CompareExchange(ref _waitingSince, Stopwatch.GetTimestamp(), 0) == 0)
        {
            // The thread has to know when to look; after that, more of the same need not wake it.
            _signal.Set();
        }
    }

    public Task FlushAsync()
    {
        if (_thread is null || _stopping)
        {
            return Task.CompletedTask;
        }

        var flush = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_flushLock)
        {
            _flushes.Add(flush);
        }

        Wake(urgent: true);
        return flush.Task;
    }

    public async ValueTask DisposeAsync()
    {
        if (_thread is null)
        {
            return;
        }

        // What cannot be written in time stays safe in its senders' rows.
        await Task.WhenAny(FlushAsync(), Task.Delay(StoppingMayTake, time)).ConfigureAwait(false);
        _stopping = true;
        _signal.Set();
        var thread = _thread;
        _thread = null;
        if (!await Task.Run(() => thread.Join(StoppingMayTake)).ConfigureAwait(false))
        {
            // It still waits for the file, and ends with the process.
            return;
        }

        _heartbeat?.Dispose();
        _wake?.Dispose();
        _sql?.Dispose();
        _connection?.Dispose();
        _ownerLock?.Dispose();
        _signal.Dispose();
    }

    private void Beat()
    {
        _beat = true;
        _signal.Set();
    }

    private void Look()
    {
        _look = true;
        _signal.Set();
    }

    private void Run()
    {
        while (!_stopping)
        {
            var since = Interlocked.Read(ref _waitingSince);
            var left = since == 0 ? Timeout.InfiniteTimeSpan : options.WriteBehind - Stopwatch.GetElapsedTime(since);
            if (since == 0 || left > TimeSpan.Zero)
            {
                _signal.WaitOne(left);
            }

            since = Interlocked.Read(ref _waitingSince);
            var waitedEnough = since != 0 && Stopwatch.GetElapsedTime(since) >= options.WriteBehind;
            if (waitedEnough || _urgent || _look || _beat || IsFlushWanted)
            {
                WriteOnce(waitedEnough);
            }
        }

        Leave();
    }

    private bool IsFlushWanted
    {
        get
        {
            lock (_flushLock)
            {
                return _flushes.Count > 0;
            }
        }
    }

    private void WriteOnce(bool waitedEnough)
    {
        List<TaskCompletionSource> flushes;
        lock (_flushLock)
        {
            (flushes, _flushes) = (_flushes, []);
        }

        var everything = waitedEnough || flushes.Count > 0;
        if (everything)
        {
            Interlocked.Exchange(ref _waitingSince, 0);
        }

        var (look, beat) = (_look, _beat);
        _urgent = _look = _beat = false;
        if (look)
        {
            broker.MayHaveBacklog();
        }

        var batch = broker.Collect(everything);
        try
        {
            if (!batch.IsEmpty || beat)
            {
                var taken = Write(batch, beat);
                _newQueues.Clear();
                broker.Written(batch, taken);
            }

            Problem = null;
            flushes.ForEach(f => f.TrySetResult());
        }
        catch (SqliteException exception)
        {
            // The next heartbeat tries again.
            Problem = exception.Message;
            _newQueues.ForEach(q => q.Id = 0);
            _newQueues.Clear();
            broker.NotWritten(batch);
            flushes.ForEach(f => f.TrySetResult());
        }
    }

    private List<List<BrokerMessage>> Write(WriteBatch batch, bool beat)
    {
        // The connection and its statements are there since Start.
        var sql = _sql!;
        var forOthers = false;
        var taken = new List<List<BrokerMessage>>();
        using (var transaction = _connection!.BeginTransaction(deferred: false))
        {
            if (beat)
            {
                forOthers |= SeeOwners(sql);
            }

            foreach (var message in batch.Writes.Messages)
            {
                forOthers |= message.IsForAnyone;
                // A message without envelope is only ever read from the file.
                sql.Insert.Bind(message.Id).Bind(QueueId(message.Queue)).Bind(message.IsForAnyone ? 0 : Owner).Bind(EnvelopeCodec.Encode(message.Envelope!)).Bind(message.Body.Span).Run();
            }

            foreach (var id in batch.Writes.Acknowledged)
            {
                sql.Delete.Bind(id).Bind(Owner).Run();
            }

            foreach (var message in batch.Writes.Returned)
            {
                sql.Free.Bind(message.Id).Bind(Owner).Run();
                forOthers = true;
            }

            foreach (var (queue, count) in batch.Wanted)
            {
                taken.Add(Take(sql, queue, count));
            }

            transaction.Commit();
        }

        if (forOthers)
        {
            _wake!.Touch();
        }

        return taken;
    }

    private List<BrokerMessage> Take(BrokerSql sql, BrokerQueue queue, int count)
    {
        var messages = new List<BrokerMessage>();
        for (var row = sql.Take.Bind(Owner).Bind(QueueId(queue)).Bind(count); row.Read();)
        {
            messages.Add(BrokerMessage.Read(row.Int(0), row.Bytes(1), row.Bytes(2), queue));
        }

        messages.Sort((a, b) => a.Id.CompareTo(b.Id));
        return messages;
    }

    /// <summary>Says that this process lives, and frees what dead ones had taken. True when something was freed.</summary>
    private bool SeeOwners(BrokerSql sql)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        sql.SeeOwner.Bind(Owner).Bind(now).Run();
        var dead = new List<long>();
        for (var row = sql.Owners.Bind(Owner); row.Read();)
        {
            if (now - row.Int(1) > options.Lease.TotalMilliseconds || OwnerLock.IsAbandoned(file, row.Int(0)))
            {
                dead.Add(row.Int(0));
            }
        }

        var freed = 0;
        foreach (var owner in dead)
        {
            freed += sql.FreeOwner.Bind(owner).Run();
            sql.DeleteOwner.Bind(owner).Run();
        }

        if (dead.Count > 0)
        {
            broker.MayHaveBacklog();
            _urgent = true;
            _signal.Set();
        }

        return freed > 0;
    }

    private long QueueId(BrokerQueue queue)
    {
        if (queue.Id == 0)
        {
            // Started, since the thread runs.
            _sql!.AddQueue.Bind(queue.Name).Run();
            for (var row = _sql.FindQueue.Bind(queue.Name); row.Read();)
            {
                queue.Id = row.Int(0);
            }

            _newQueues.Add(queue);
        }

        return queue.Id;
    }

    /// <summary>A clean end: nothing of this process is left for others to wait for.</summary>
    private void Leave()
    {
        try
        {
            using var transaction = _connection!.BeginTransaction(deferred: false);
            var freed = _sql!.FreeOwner.Bind(Owner).Run();
            _sql.DeleteOwner.Bind(Owner).Run();
            transaction.Commit();
            if (freed > 0)
            {
                _wake!.Touch();
            }
        }
        catch (SqliteException)
        {
            // The lease does it.
        }
    }
}
