using Skald.Servers.Tests;
using Skald.TestServers;
using Xunit;

[assembly: AssemblyFixture(typeof(RabbitFixture))]

namespace Skald.Servers.Tests;

/// <summary>One node for all tests that do it no harm; each takes a virtual host of its own.</summary>
public sealed class RabbitFixture : IAsyncLifetime
{
    private readonly Lazy<Task<RabbitServer>> _server = new(() => RabbitServer.StartAsync(vhosts: 100));

    public Task<RabbitServer> ServerAsync()
    {
        Need.That(Requirements.RabbitMq);
        return _server.Value;
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_server.IsValueCreated)
        {
            await (await _server.Value).DisposeAsync();
        }
    }
}

/// <summary>Skips on a laptop what cannot run there; fails under CI.</summary>
internal static class Need
{
    public static void That(string? missing)
    {
        if (missing is not null && Requirements.MustRun)
        {
            Assert.Fail(missing);
        }

        Assert.SkipWhen(missing is not null, missing ?? "");
    }
}
