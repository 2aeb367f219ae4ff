using Skald.Messaging;
using Skald.Storage;
using Skald.Testing;
using Xunit;

namespace Skald.Tests;

public sealed class In_memory_store_keeps_the_contract
{
    public static TheoryData<string> Cases => [.. StoreContract.Cases.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public Task It_holds_that(string name) => StoreContract.RunAsync(name, () => Task.FromResult<IStore>(new InMemoryStore()));
}

public sealed class In_memory_transport_keeps_the_contract
{
    public static TheoryData<string> Cases => [.. TransportContract.Cases.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public Task It_holds_that(string name) => TransportContract.RunAsync(name, () => Task.FromResult<ITransport>(new InMemoryTransport()));
}
