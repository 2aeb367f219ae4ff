using Microsoft.Extensions.DependencyInjection;
using Skald.Messaging;
using Skald.Sqlite;
using Skald.Storage;
using Skald.Testing;
using Xunit;

namespace Skald.Tests;

public sealed class In_memory_store_keeps_the_contract
{
    public static TheoryData<string> Cases => [.. StoreContract.Cases.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public Task It_holds_that(string name) =>
        StoreContract.RunAsync(name, new StoreGround(() => Task.FromResult<IStore>(new KeptStore(_store))) { IsInProcess = true });

    private readonly InMemoryStore _store = new();
}

public sealed class In_memory_transport_keeps_the_contract
{
    public static TheoryData<string> Cases => [.. TransportContract.Cases.Concat(TransportContract.CatalogCases).Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public Task It_holds_that(string name) =>
        TransportContract.RunAsync(name, () => Task.FromResult<ITransport>(_transport));

    private readonly InMemoryTransport _transport = new();
}

public sealed class Sqlite_store_keeps_the_contract : IDisposable
{
    private readonly SmallDisk _disk = new();

    public static TheoryData<string> Cases => [.. StoreContract.Cases.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public Task It_holds_that(string name)
    {
        Assert.SkipUnless(_disk.CanFill || !name.Contains("full disk", StringComparison.Ordinal), "only root can make a small disk");
        return StoreContract.RunAsync(name, SqliteGround.In(_disk));
    }

    public void Dispose() => _disk.Dispose();
}

public sealed class Sqlite_broker_keeps_the_contract : IDisposable
{
    private readonly TempFolder _folder = new();

    public static TheoryData<string> Cases => [.. TransportContract.Cases.Concat(TransportContract.CatalogCases).Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public Task It_holds_that(string name) => TransportContract.RunAsync(name, () =>
    {
        var services = new ServiceCollection().AddSingleton(TimeProvider.System);
        var builder = new SkaldBuilder("test", services).UseSqliteBroker(_folder.File("broker.db"));
        return Task.FromResult(builder.Transport(services.BuildServiceProvider()));
    });

    public void Dispose() => _folder.Dispose();
}

public sealed class In_memory_events_keep_the_contract
{
    public static TheoryData<string> Cases => [.. EventStoreContract.Cases.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public Task It_holds_that(string name) =>
        EventStoreContract.RunAsync(name, () => Task.FromResult<IStore>(new KeptStore(_store)));

    private readonly InMemoryStore _store = new();
}

public sealed class Sqlite_events_keep_the_contract : IDisposable
{
    private readonly TempFolder _folder = new();

    public static TheoryData<string> Cases => [.. EventStoreContract.Cases.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public Task It_holds_that(string name) =>
        EventStoreContract.RunAsync(name, () => Task.FromResult<IStore>(new SqliteStore(_folder.File("store.db"), new SqliteOptions())));

    public void Dispose() => _folder.Dispose();
}
