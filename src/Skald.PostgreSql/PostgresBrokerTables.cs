using System.Globalization;
using Microsoft.Extensions.Logging;
using Npgsql;
using Skald.Messaging.Tables;

namespace Skald.PostgreSql;

/// <summary>The rows of a broker in a schema. A batch without a transaction of its own is one transaction, and one round trip.</summary>
internal sealed class PostgresBrokerTables : IBrokerTables, IAsyncDisposable
{
    private readonly PostgresAddress _address;
    private readonly PostgreSqlOptions _options;
    private readonly PostgresDatabase _database;
    private readonly Ear _ear;
    private readonly BrokerLease _lease;
    private readonly Action<long?> _heard;

    /// <param name="address">Where the database is.</param>
    /// <param name="options">How it is used.</param>
    /// <param name="databases">With whom its connections are shared.</param>
    /// <param name="heard">Called with the id of a queue in which something may have come, and with null when that may be any.</param>
    /// <param name="logger">Told of what goes wrong without doing harm.</param>
    public PostgresBrokerTables(PostgresAddress address, PostgreSqlOptions options, PostgresDatabases databases, Action<long?> heard, ILogger logger)
    {
        (_address, _options, _heard) = (address, options, heard);
        Sql = new BrokerSql(Identifier.Checked(options.BrokerSchema));
        _database = databases.Share(address);
        _lease = new BrokerLease(_database, Sql, options.Lease);
        _ear = new Ear(Sql.Channel, Hear, logger);
        Ids = new BrokerIds(_database, Sql);
        Catalog = new BrokerCatalog(_database, Sql);
    }

    public BrokerSql Sql { get; }

    public BrokerIds Ids { get; }

    public BrokerCatalog Catalog { get; }

    public KnownTopology Topology { get; } = new();

    public long[] Names => _lease.Names;

    private long Owner => _lease.Owner;

    /// <summary>For tests: a fault that nobody foresaw.</summary>
    public Action? BeforeWrite { get; set; }

    public bool HasMoreToWrite => Topology.IsAwaited;

    /// <summary>Creates what has to exist, and takes an id for this process.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        try
        {
            await SchemaUpdate.ApplyAsync(_database, _options.BrokerSchema, "broker", null, [], cancellationToken).ConfigureAwait(false);
            await _lease.BeginAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (PostgresErrors.IsTrouble(exception))
        {
            throw PostgresErrors.Explain(exception, _address);
        }

        _database.Listen(_ear);
    }

    public async Task<IReadOnlyList<List<BrokerMessage>>> WriteAsync(BrokerBatch batch)
    {
        await _lease.SettleAsync().ConfigureAwait(false);
        var (senders, known) = Topology.Take();
        try
        {
            BeforeWrite?.Invoke();
            var answer = await WriteAsync(batch, senders.Count > 0 ? known : null, Names).ConfigureAwait(false);
            Topology.Check(senders, answer.Topology ?? known);
            return answer.Taken;
        }
        catch (Exception exception)
        {
            Topology.NotChecked(senders);
            if (batch.Wanted.Count > 0 && exception is not PostgresException { InvariantSeverity: "ERROR" })
            {
                // It may be done all the same, or even later.
                _lease.Doubt();
            }

            throw;
        }
    }

    public Task<bool> BeatAsync() => _lease.BeatAsync();

    public Task LeaveAsync() => _lease.EndAsync();

    public string Explain(Exception exception) => $"PostgreSQL at {_address}: {exception.Message}";

    public async ValueTask DisposeAsync()
    {
        Ids.Dispose();
        await _database.ReleaseAsync(_ear).ConfigureAwait(false);
    }

    private void Hear(string? payload)
    {
        if (payload is null)
        {
            _heard(null);
        }
        else if (payload.Split(':') is [var owner, var queue] && owner == Owner.ToString(CultureInfo.InvariantCulture) && long.TryParse(queue, CultureInfo.InvariantCulture, out var id))
        {
            _heard(id);
        }
    }

    /// <param name="work">What to write and take.</param>
    /// <param name="known">The topology to compare with the latest; null for none.</param>
    /// <param name="names">Who does: another than now, perhaps, if it is done when nobody waits for it any more.</param>
    private ValueTask<(BrokerTopology? Topology, List<List<BrokerMessage>> Taken)> WriteAsync(BrokerBatch work, BrokerTopology? known, long[] names) => _database.AskAsync(
        batch =>
        {
            if (known is not null)
            {
                batch.Add(Sql.Topology).With(known.Version);
            }

            if (!work.Writes.IsEmpty && work.Wanted.Count > 0)
            {
                batch.Add(Sql.KeepOwner).With(names[^1]);
            }

            AddWrites(batch, work.Writes, names);
            AddTakes(batch, work.Wanted, names[^1]);
        },
        async (reader, token) =>
        {
            var topology = known is null ? null : await BrokerTopology.ReadAsync(reader, known, token).ConfigureAwait(false);
            return (topology, await ReadTakenAsync(reader, work.Wanted).ConfigureAwait(false));
        },
        CancellationToken.None);

    private void AddWrites(NpgsqlBatch batch, BrokerWrites writes, long[] names)
    {
        if (writes.Messages.Count > 0)
        {
            BrokerExchange.AddInsert(batch, Sql, Sql.InsertAgain, names[^1], writes.Messages);
        }

        if (writes.Acknowledged.Count > 0)
        {
            batch.Add(Sql.Delete).With(writes.Acknowledged.ToArray()).With(names);
        }

        if (writes.Returned.Count > 0)
        {
            batch.Add(Sql.Free).Column(writes.Returned, m => m.Id).With(names);
            batch.Add(Sql.WakeSleepers).With(writes.Returned.Select(m => (int)m.Queue.Id).Distinct().ToArray()).With(names[^1]);
        }
    }

    private void AddTakes(NpgsqlBatch batch, IReadOnlyList<BrokerWant> wanted, long owner)
    {
        if (wanted.Where(w => w.FallsAsleep).Select(w => (int)w.Queue.Id).ToArray() is { Length: > 0 } sleeping)
        {
            batch.Add(Sql.Sleep).With(sleeping).With(owner);
        }

        foreach (var want in wanted)
        {
            batch.Add(Sql.Take).With(owner).With((int)want.Queue.Id).With((long)want.Count);
        }
    }

    private static async Task<List<List<BrokerMessage>>> ReadTakenAsync(NpgsqlDataReader reader, IReadOnlyList<BrokerWant> wanted)
    {
        var taken = new List<List<BrokerMessage>>(wanted.Count);
        // Statements that only write have no result; a wake-up's has one column, a take's has three.
        do
        {
            if (reader.FieldCount == 3)
            {
                var queue = wanted[taken.Count].Queue;
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
