using Skald.Messaging;
using Skald.PostgreSql;
using Skald.Storage;
using Skald.Testing;
using Xunit;

namespace Skald.Servers.Tests;

public sealed class PostgreSql_store_keeps_the_contract(PostgreSqlFixture fixture)
{
    public static TheoryData<string> Cases => [.. StoreContract.Cases.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task It_holds_that(string name)
    {
        var server = await fixture.ServerAsync();
        var database = await server.NewDatabaseAsync();
        await StoreContract.RunAsync(name, PostgreSqlGround.In(server, database));
    }
}

public sealed class PostgreSql_broker_keeps_the_contract(PostgreSqlFixture fixture)
{
    public static TheoryData<string> Cases => [.. TransportContract.Cases.Concat(TransportContract.CatalogCases).Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task It_holds_that(string name)
    {
        var server = await fixture.ServerAsync();
        var database = await server.NewDatabaseAsync();
        await TransportContract.RunAsync(name, () => Task.FromResult<ITransport>(new PostgresBroker(new PostgresAddress(database, new PostgreSqlOptions()), new PostgreSqlOptions())));
    }
}

public sealed class PostgreSql_events_keep_the_contract(PostgreSqlFixture fixture)
{
    public static TheoryData<string> Cases => [.. EventStoreContract.Cases.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task It_holds_that(string name)
    {
        var server = await fixture.ServerAsync();
        var database = await server.NewDatabaseAsync();
        await EventStoreContract.RunAsync(name, () => Task.FromResult<IStore>(new PostgresStore("parking.booking", database, new PostgreSqlOptions(), TimeProvider.System)));
    }
}

public sealed class PostgreSql_projections_keep_the_contract(PostgreSqlFixture fixture)
{
    public static TheoryData<string> Cases => [.. ProjectionStoreContract.Cases.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task It_holds_that(string name)
    {
        var server = await fixture.ServerAsync();
        await ProjectionStoreContract.RunAsync(name, PostgreSqlGround.ForProjections(server, await server.NewDatabaseAsync()));
    }
}
