using System.Diagnostics;
using Npgsql;
using Skald.Messaging;
using Skald.Messaging.Tables;

namespace Skald.PostgreSql;

/// <summary>The one loop of this process that takes messages from the broker's tables and writes what no unit of work writes.</summary>
internal sealed class BrokerWriter : IBrokerWriter, IAsyncDisposable
{
    private readonly PostgresBroker _broker;
    private readonly PostgreSqlOptions _options;
    private readonly NpgsqlDataSource _source;
    private readonly Listener _listener;
    private readonly BrokerLease _lease;
    private readonly SemaphoreSlim _signal = new(0);
    private readonly SemaphoreSlim _starting = new(1, 1);
    private readonly Lock _flushLock = new();
    private List<TaskCompletionSource> _flushes = [];
    private Task? _running;
    private int _signalled;
    private int _urgent;
    private volatile bool _stopping;
    private bool _disposed;
    private bool _lingers;

    // When the oldest thing that may wait began to wait; 0 when nothing does.
    private long _waitingSince;

    public BrokerWriter(PostgresBroker broker, PostgreSqlOptions options)
    {
        (_broker, _options) = (broker, options);
        Sql = new BrokerSql(Identifier.Checked(options.BrokerSchema));
        _source = broker.Address.OpenWriting(options.BrokerSchema);
        _lease = new BrokerLease(_source, Sql, options.Lease);
        _listener = new Listener(broker.Address.Listening, Sql.Channel, Hear);
        Ids = new BrokerIds(_source, Sql);
        Catalog = new BrokerCatalog(_source, Sql);
    }

    public BrokerSql Sql { get; }

    public BrokerIds Ids { get; }

    public BrokerCatalog Catalog { get; }

    public long Owner => _lease.Owner;

    /// <summary>Why the database cannot be used at the moment; null when it can.</summary>
    public string? Problem { get; private set; }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (_running is not null)
        {
            return;
        }

        await _starting.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_running is not null)
            {
                return;
            }

            await SchemaUpdate.ApplyAsync(_source, _options.BrokerSchema, "broker", null, [], cancellationToken).ConfigureAwait(false);
            await _lease.BeginAsync(cancellationToken).ConfigureAwait(false);
            _listener.Start();
            _running = Task.Run(RunAsync, CancellationToken.None);
        }
        catch (Exception exception) when (PostgresErrors.IsTrouble(exception))
        {
            throw PostgresErrors.Explain(exception, _broker.Address);
        }
        finally
        {
            _starting.Release();
        }
    }

    public void Wake(bool urgent)
    {
        if (urgent)
        {
            Volatile.Write(ref _urgent, 1);
            Signal();
        }
        else if (Interlocked.CompareExchange(ref _waitingSince, Stopwatch.GetTimestamp(), 0) == 0)
        {
            // The loop has to know when to look; after that, more of the same need not wake it.
            Signal();
        }
    }

    public Task FlushAsync()
    {
        if (_running is null || _stopping)
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
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        if (_running is not null)
        {
            await FlushAsync().ConfigureAwait(false);
            _stopping = true;
            Signal();
            await _running.ConfigureAwait(false);
            await _lease.EndAsync().ConfigureAwait(false);
        }

        Ids.Dispose();
        _signal.Dispose();
        _starting.Dispose();
        await _listener.DisposeAsync().ConfigureAwait(false);
        await _source.DisposeAsync().ConfigureAwait(false);
    }

    private void Signal()
    {
        if (Interlocked.Exchange(ref _signalled, 1) == 0)
        {
            _signal.Release();
        }
    }

    private void Hear(string? payload)
    {
        if (payload is null)
        {
            _broker.WakeUp();
        }
        else if (payload.Split(':') is [var owner, var queue] && owner == Owner.ToString(System.Globalization.CultureInfo.InvariantCulture))
        {
            _broker.WakeUp(queue);
        }
        else
        {
            return;
        }

        Wake(urgent: true);
    }

    private async Task RunAsync()
    {
        while (!_stopping)
        {
            await _signal.WaitAsync(Patience()).ConfigureAwait(false);
            if (_lingers && _options.Linger > TimeSpan.Zero)
            {
                // There is a crowd: what comes within a moment travels with this write.
                await Task.Delay(_options.Linger, TimeProvider.System).ConfigureAwait(false);
            }

            while (_signal.Wait(0, CancellationToken.None))
            {
                // One look serves all who called.
            }

            Interlocked.Exchange(ref _signalled, 0);
            var since = Interlocked.Read(ref _waitingSince);
            await WriteOnceAsync(since != 0 && Stopwatch.GetElapsedTime(since) >= _options.WriteBehind).ConfigureAwait(false);
        }
    }

    /// <summary>How long nothing has to be done, if nobody calls.</summary>
    private TimeSpan Patience()
    {
        var patience = _lease.NextBeatIn;
        if (Interlocked.Read(ref _waitingSince) is not 0 and var since)
        {
            patience = Shorter(patience, _options.WriteBehind - Stopwatch.GetElapsedTime(since));
        }

        if (_broker.Nap() is { } nap)
        {
            patience = Shorter(patience, nap);
        }

        return Problem is not null ? Longer(patience, TimeSpan.FromMilliseconds(200)) : Longer(patience, TimeSpan.Zero);

        static TimeSpan Shorter(TimeSpan a, TimeSpan b) => a < b ? a : b;
        static TimeSpan Longer(TimeSpan a, TimeSpan b) => a > b ? a : b;
    }

    private async Task WriteOnceAsync(bool waitedEnough)
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

        var beat = _lease.NextBeatIn <= TimeSpan.Zero;
        // Taken in one step: a call that comes a moment later is the next look's. With each beat it looks in any case.
        var look = Interlocked.Exchange(ref _urgent, 0) == 1 || everything || beat || _broker.Nap() <= TimeSpan.Zero;
        var batch = look ? _broker.Collect(everything) : null;
        try
        {
            if (beat && await _lease.BeatAsync().ConfigureAwait(false))
            {
                _broker.WakeUp();
                Wake(urgent: true);
            }

            if (batch is { IsEmpty: false })
            {
                var (topology, taken) = await WriteAsync(batch).ConfigureAwait(false);
                _broker.Written(batch, topology, taken);
                _lingers = batch.Writes.Messages.Count > 1;
                if (_broker.HasMoreToDo || taken.Where((t, i) => t.Count == batch.Wanted[i].Count).Any())
                {
                    Wake(urgent: true);
                }
            }
            else
            {
                _lingers = false;
            }

            Problem = null;
        }
        catch (Exception exception) when (PostgresErrors.IsTrouble(exception))
        {
            Problem = $"PostgreSQL at {_broker.Address}: {exception.Message}";
            if (batch is not null)
            {
                _broker.NotWritten(batch);
            }

            _broker.WakeUp();
            Volatile.Write(ref _urgent, 1);
        }

        flushes.ForEach(f => f.TrySetResult());
    }

    private async Task<(BrokerTopology? Topology, List<List<BrokerMessage>> Taken)> WriteAsync(WriteBatch work)
    {
        // Without a transaction of its own a batch is one transaction, and one round trip.
        var batch = _source.CreateBatch();
        await using (batch.ConfigureAwait(false))
        {
            if (work.Unchecked.Count > 0)
            {
                batch.Add(Sql.Topology).With(work.Topology.Version);
            }

            AddWrites(batch, work.Writes, work.Wanted);
            foreach (var want in work.Wanted)
            {
                batch.Add(Sql.Take).With(Owner).With((int)want.Queue.Id).With((long)want.Count);
            }

            var reader = await batch.ExecuteReaderAsync().ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                var topology = work.Unchecked.Count == 0 ? null : await BrokerTopology.ReadAsync(reader, work.Topology, CancellationToken.None).ConfigureAwait(false);
                return (topology, await ReadTakenAsync(reader, work).ConfigureAwait(false));
            }
        }
    }

    private void AddWrites(NpgsqlBatch batch, BrokerWrites writes, List<Want> wanted)
    {
        if (writes.Messages.Count > 0)
        {
            BrokerExchange.AddInsert(batch, Sql, Sql.InsertAgain, Owner, writes.Messages);
        }

        if (writes.Acknowledged.Count > 0)
        {
            batch.Add(Sql.Delete).With(writes.Acknowledged.ToArray()).With(Owner);
        }

        if (writes.Returned.Count > 0)
        {
            batch.Add(Sql.Free).Column(writes.Returned, m => m.Id).With(Owner);
            batch.Add(Sql.WakeSleepers).With(writes.Returned.Select(m => (int)m.Queue.Id).Distinct().ToArray()).With(Owner);
        }

        if (wanted.Where(w => w.FallsAsleep).Select(w => (int)w.Queue.Id).ToArray() is { Length: > 0 } sleeping)
        {
            batch.Add(Sql.Sleep).With(sleeping).With(Owner);
        }
    }

    private static async Task<List<List<BrokerMessage>>> ReadTakenAsync(NpgsqlDataReader reader, WriteBatch work)
    {
        var taken = new List<List<BrokerMessage>>(work.Wanted.Count);
        // Statements that only write have no result; a wake-up's has one column, a take's has three.
        do
        {
            if (reader.FieldCount == 3)
            {
                var queue = work.Wanted[taken.Count].Queue;
                var messages = new List<BrokerMessage>();
                while (await reader.ReadAsync().ConfigureAwait(false))
                {
                    messages.Add(BrokerMessage.Read(reader.GetInt64(0), reader.GetFieldValue<byte[]>(1), reader.GetFieldValue<byte[]>(2), queue));
                }

                messages.Sort((a, b) => a.Id.CompareTo(b.Id));
                taken.Add(messages);
            }
        }
        while (await reader.NextResultAsync().ConfigureAwait(false));
        return taken;
    }
}
