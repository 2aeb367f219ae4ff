using Skald.Servers.Tests;
using Skald.TestServers;
using Xunit;

[assembly: AssemblyFixture(typeof(PostgreSqlFixture))]

namespace Skald.Servers.Tests;

/// <summary>One server for all tests that do it no harm; each takes a database of its own.</summary>
public sealed class PostgreSqlFixture : IAsyncLifetime
{
    private readonly Lazy<Task<PostgresServer>> _server = new(() => PostgresServer.StartAsync());

    public Task<PostgresServer> ServerAsync()
    {
        Need.That(PostgresServer.Requirement);
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
