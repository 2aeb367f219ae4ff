using Microsoft.Data.Sqlite;
using Npgsql;
using Skald.Messaging;
using Skald.TestServers;

namespace Skald.EndToEnd;

/// <summary>Where the event-sourced parking runs, and what can be taken from under it.</summary>
internal abstract class EventSourcingGround : IAsyncDisposable
{
    protected const string Tap = "parking-event-sourcing.tap.events";

    /// <summary>Store, broker and projector store.</summary>
    public abstract string[] Settings { get; }

    /// <summary>The broker's setting.</summary>
    public virtual string Broker => "sqlite";

    /// <summary>Makes the broker take nothing and give nothing.</summary>
    public abstract Task StopBrokerAsync();

    public abstract Task StartBrokerAsync();

    /// <summary>Loses the projector database.</summary>
    public abstract Task DropProjectorAsync();

    /// <summary>Changes the projector's table so that it can take no event any more.</summary>
    public abstract Task BreakProjectorAsync();

    /// <summary>How many messages wait for the tap.</summary>
    public abstract Task<long> TappedAsync();

    public abstract ValueTask DisposeAsync();
}

/// <summary>Files only. A broker's file that is locked is a broker that is away.</summary>
internal sealed class FileGround(string data) : EventSourcingGround
{
    private SqliteConnection? _lock;

    public override string[] Settings => [];

    private string Folder => Path.Combine(data, "parking-event-sourcing");

    public override Task StopBrokerAsync()
    {
        _lock = new SqliteConnection($"Data Source={Folder}/broker.db;Pooling=False");
        _lock.Open();
        Execute(_lock, "PRAGMA busy_timeout = 5000");
        Execute(_lock, "BEGIN EXCLUSIVE");
        return Task.CompletedTask;
    }

    public override Task StartBrokerAsync()
    {
        _lock?.Dispose();
        _lock = null;
        return Task.CompletedTask;
    }

    public override Task DropProjectorAsync()
    {
        foreach (var file in Directory.GetFiles(Folder, "booking.projector.db*"))
        {
            File.Delete(file);
        }

        return Task.CompletedTask;
    }

    public override Task BreakProjectorAsync()
    {
        using var projector = new SqliteConnection($"Data Source={Folder}/booking.projector.db;Pooling=False");
        projector.Open();
        Execute(projector, "ALTER TABLE bookings RENAME COLUMN parking_slot_ref_no TO gone");
        return Task.CompletedTask;
    }

    public override async Task<long> TappedAsync()
    {
        await using var broker = new SqliteConnection($"Data Source={Folder}/broker.db;Pooling=False");
        await broker.OpenAsync();
        await using var command = broker.CreateCommand();
        command.CommandText = $"SELECT count(*) FROM messages JOIN queues ON queues.id = messages.queue WHERE queues.name = '{Tap}'";
        return (long)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>The ids of the messages that wait for the tap.</summary>
    public async Task<IReadOnlyList<Guid>> TappedIdsAsync()
    {
        await using var broker = new SqliteConnection($"Data Source={Folder}/broker.db;Pooling=False");
        await broker.OpenAsync();
        await using var command = broker.CreateCommand();
        command.CommandText = $"SELECT envelope FROM messages JOIN queues ON queues.id = messages.queue WHERE queues.name = '{Tap}'";
        await using var rows = await command.ExecuteReaderAsync();
        var ids = new List<Guid>();
        while (await rows.ReadAsync())
        {
            ids.Add(EnvelopeCodec.Decode((byte[])rows[0]).Id);
        }

        return ids;
    }

    public override async ValueTask DisposeAsync() => await StartBrokerAsync();

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}

/// <summary>The events on one PostgreSQL server, the projection on another, messages through RabbitMQ.</summary>
internal sealed class ServerGround : EventSourcingGround
{
    private readonly Servers _servers;
    private readonly string _store;
    private readonly string _broker;
    private readonly string _projectorConnection;

    private ServerGround(Servers servers, string store, string broker, PostgresServer projector, string projectorConnection) =>
        (_servers, _store, _broker, Projector, _projectorConnection) = (servers, store, broker, projector, projectorConnection);

    /// <summary>The projection's own server.</summary>
    public PostgresServer Projector { get; }

    public override string Broker => _broker;

    public override string[] Settings => ["--store", _store, "--broker", _broker, "--projector-store", $"postgres://postgres@127.0.0.1:{Projector.Port}/{Database}"];

    private string Database => new NpgsqlConnectionStringBuilder(_projectorConnection).Database!;

    public static async Task<ServerGround> StartAsync(Servers servers)
    {
        var (store, _) = await servers.NewDatabaseAsync();
        var broker = await servers.NewBrokerAsync();
        var projector = await servers.OtherPostgresAsync();
        return new ServerGround(servers, store, broker, projector, await projector.NewDatabaseAsync());
    }

    public override Task StopBrokerAsync() => _servers.Rabbit.KillAsync();

    public override Task StartBrokerAsync() => _servers.Rabbit.RestartAsync();

    public override Task DropProjectorAsync() => Projector.QueryAsync(Database, "DROP SCHEMA parking_event_sourcing_bookings CASCADE");

    public override Task BreakProjectorAsync() =>
        Projector.QueryAsync(Database, "ALTER TABLE parking_event_sourcing_bookings.bookings RENAME COLUMN parking_slot_ref_no TO gone");

    public override async Task<long> TappedAsync()
    {
        var queues = await _servers.Rabbit.ControlAsync($"list_queues -q -p {new Uri(_broker).AbsolutePath[1..]} name messages");
        return queues.Split('\n').Select(line => line.Split('\t')).Where(row => row[0] == Tap).Sum(row => long.Parse(row[1], System.Globalization.CultureInfo.InvariantCulture));
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
