using Npgsql;
using Skald.PostgreSql;
using Skald.Storage;
using Skald.Testing;
using Skald.TestServers;

namespace Skald.Servers.Tests;

/// <summary>A database of PostgreSQL, and how to take it away from the store without taking the server from the other tests.</summary>
internal static class PostgreSqlGround
{
    public static StoreGround In(PostgresServer server, string database) =>
        new(() => Task.FromResult<IStore>(new PostgresStore("food-orders.order", database, new PostgreSqlOptions(), TimeProvider.System)))
        {
            CutOff = async () => await Closed.CloseAsync(server, database),
            CutConnections = () => KillAsync(server, database),
            MakeNewer = () => ExecuteAsync(database, "INSERT INTO food_orders_order.skald_schema (part, version) VALUES ('store', 999)"),
            FillDisk = async () => await Full.FillAsync(database, "food_orders_order.skald_sagas"),
        };

    public static ProjectionGround ForProjections(PostgresServer server, string database) =>
        new(service => Task.FromResult<IProjectionStore>(new PostgresProjectionStore("list", database, new PostgreSqlOptions(), service)))
        {
            CutOff = async () => await Closed.CloseAsync(server, database),
            CutConnections = () => KillAsync(server, database),
            MakeNewer = () => ExecuteAsync(database, "INSERT INTO list.skald_schema (part, version) VALUES ('projection', 999)"),
            FillDisk = async () => await Full.FillAsync(database, "list.skald_projection"),
            Remove = () => ExecuteAsync(database, "DROP SCHEMA list CASCADE"),
        };

    private static string NameOf(string database) => new NpgsqlConnectionStringBuilder(database).Database!;

    private static Task KillAsync(PostgresServer server, string database) =>
        ExecuteAsync(server.ConnectionString(), $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{NameOf(database)}' AND pid <> pg_backend_pid()");

    private static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Nobody may connect, and whoever is connected is thrown out.</summary>
    private sealed class Closed(PostgresServer server, string database) : IAsyncDisposable
    {
        public static async Task<Closed> CloseAsync(PostgresServer server, string database)
        {
            await ExecuteAsync(server.ConnectionString(), $"ALTER DATABASE \"{NameOf(database)}\" ALLOW_CONNECTIONS false");
            await KillAsync(server, database);
            return new Closed(server, database);
        }

        public async ValueTask DisposeAsync() => await ExecuteAsync(server.ConnectionString(), $"ALTER DATABASE \"{NameOf(database)}\" ALLOW_CONNECTIONS true");
    }

    /// <summary>Writing answers as on a full disk: 53100, which is what the server says when it cannot extend a file.</summary>
    private sealed class Full(string database) : IAsyncDisposable
    {
        public static async Task<Full> FillAsync(string database, string table)
        {
            await ExecuteAsync(database, $"""
                CREATE FUNCTION public.full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;
                CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON {table} EXECUTE FUNCTION public.full_disk();
                """);
            return new Full(database);
        }

        public async ValueTask DisposeAsync() => await ExecuteAsync(database, "DROP FUNCTION public.full_disk() CASCADE");
    }
}
