using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Skald.TestServers;

namespace Skald.Servers.Tests;

/// <summary>The pairs of store and broker on which a story of several processes is told; each time on new ones.</summary>
internal static class Pairs
{
    public static async Task OnPostgreSqlAndRabbitMqAsync(PostgreSqlFixture postgres, RabbitFixture rabbit, Func<Action<SkaldBuilder>, Task> tell)
    {
        var uri = (await rabbit.ServerAsync()).NewUri();
        var database = await (await postgres.ServerAsync()).NewDatabaseAsync();
        await tell(s => s.UsePostgreSql(database).UseRabbitMq(uri));
    }

    public static async Task OnPostgreSqlAloneAsync(PostgreSqlFixture postgres, Func<Action<SkaldBuilder>, Task> tell)
    {
        var database = await (await postgres.ServerAsync()).NewDatabaseAsync();
        await tell(s => s.UsePostgreSql(database).UsePostgreSqlBroker(database));
    }

    public static async Task OnSqliteAsync(Func<Action<SkaldBuilder>, Task> tell)
    {
        var folder = Directory.CreateTempSubdirectory("skald-pair-");
        try
        {
            await tell(s => s.UseSqlite(Path.Combine(folder.FullName, s.Service + ".db")).UseSqliteBroker(Path.Combine(folder.FullName, "broker.db")));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}

/// <summary>One service, as a process of its own would run it.</summary>
internal sealed class ServiceProcess(IHost host, string name) : IAsyncDisposable
{
    public IServiceProvider Services => host.Services;

    public SkaldService Service => host.Services.GetRequiredKeyedService<SkaldService>(name);

    public static async Task<ServiceProcess> StartAsync(string name, Action<SkaldBuilder> configure)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSkald(name, configure);
        var host = builder.Build();
        try
        {
            await host.StartAsync();
        }
        catch (Exception)
        {
            await ((IAsyncDisposable)host).DisposeAsync();
            throw;
        }

        return new ServiceProcess(host, name);
    }

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        await ((IAsyncDisposable)host).DisposeAsync();
    }
}
