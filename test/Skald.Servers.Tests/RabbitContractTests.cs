using Skald.Messaging;
using Skald.RabbitMq;
using Skald.Testing;
using Xunit;

namespace Skald.Servers.Tests;

public sealed class RabbitMq_keeps_the_contract(RabbitFixture rabbit)
{
    public static TheoryData<string> Cases => [.. TransportContract.Cases.Concat(TransportContract.CatalogCases).Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task It_holds_that(string name)
    {
        var uri = (await rabbit.ServerAsync()).NewUri();
        await TransportContract.RunAsync(name, () => Task.FromResult<ITransport>(RabbitTesting.Open(uri)));
    }
}

internal static class RabbitTesting
{
    /// <summary>A transport as a process of its own would have it.</summary>
    public static RabbitTransport Open(string uri, RabbitMqOptions? options = null) =>
        new RabbitTransport(uri, options ?? new RabbitMqOptions(), TimeProvider.System);
}
