using Microsoft.Extensions.DependencyInjection;
using Skald.Testing;
using Xunit;

namespace Skald.Guides;

/// <summary>The services of a guide in one process, on SQLite files of their own, by a clock that the test moves.</summary>
internal sealed class Services : IAsyncDisposable
{
    // Slower than the real one, so that no deadline passes while somebody is at work on a busy machine.
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    private readonly string _folder = Directory.CreateTempSubdirectory("skald-guide-").FullName;
    private ServiceProvider? _provider;

    public FakeTime Time { get; } = new();

    public SkaldService this[string name] => Provider.GetRequiredService<SkaldServices>()[name];

    /// <summary>The container.</summary>
    public ServiceProvider Provider => _provider ?? throw new InvalidOperationException("They are not started yet.");

    /// <summary>A file that goes with them.</summary>
    public string File(string name) => Path.Combine(_folder, name);

    public static async Task<Services> StartAsync(params (string Name, Action<SkaldBuilder> Configure)[] services)
    {
        var all = new Services();
        var collection = new ServiceCollection().AddSingleton<TimeProvider>(all.Time);
        foreach (var (name, configure) in services)
        {
            collection.AddSkald(name, s =>
            {
                s.UseSqlite(all.File(name + ".db")).UseSqliteBroker(all.File("broker.db"));
                configure(s);
            });
        }

        all._provider = collection.BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true });
        await all.Provider.GetRequiredService<SkaldServices>().ServeAsync(CancellationToken.None);
        return all;
    }

    /// <summary>Waits until a saga has ended or is parked. Time passes for those who wait to try something again.</summary>
    public async Task<SagaSnapshot> EndAsync(string service, SagaId saga)
    {
        SagaSnapshot? found = null;
        await Eventually.HoldsAsync("the saga has ended", async () =>
        {
            found = await this[service].FindSagaAsync(saga);
            if (found?.Status is SagaStatus.Completed or SagaStatus.Compensated or SagaStatus.Parked)
            {
                return true;
            }

            Time.Advance(await WaitsToTryAgainAsync() ? TimeSpan.FromSeconds(1) : Tick);
            return false;
        });
        return found!; // It is there when it has ended.
    }

    private async Task<bool> WaitsToTryAgainAsync()
    {
        foreach (var operations in Provider.GetRequiredService<SkaldServices>().All.Select(service => service.Operations))
        {
            if ((await operations.DelayedAsync(1)).Count > 0 || (await operations.TimersAsync()).Any(timer => timer.Reason is "retry" or "undo retry"))
            {
                return true;
            }
        }

        return false;
    }

    public async ValueTask DisposeAsync()
    {
        if (_provider is not null)
        {
            await _provider.GetRequiredService<SkaldServices>().StopAsync();
            await _provider.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }
}
