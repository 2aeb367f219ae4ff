using Microsoft.Extensions.DependencyInjection;
using Skald.Testing;
using Xunit;

namespace Skald.Guides;

/// <summary>The services of a guide in one process, on SQLite files of their own, by a clock that the test moves.</summary>
internal sealed class Services : IAsyncDisposable
{
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

    /// <summary>Waits until a saga has ended or is parked, while time passes.</summary>
    public async Task<SagaSnapshot> EndAsync(string service, SagaId saga, TimeSpan? step = null)
    {
        await Eventually.HoldsAsync(
            "the saga has ended", async () => (await this[service].FindSagaAsync(saga))!.Status is SagaStatus.Completed or SagaStatus.Compensated or SagaStatus.Parked, Time, step ?? TimeSpan.FromMilliseconds(100));
        return (await this[service].FindSagaAsync(saga))!; // It was there a moment ago.
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

/// <summary>Waits for what no signal tells.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <param name="what">A sentence for the failure.</param>
    /// <param name="holds">Looked at every few milliseconds.</param>
    /// <param name="time">A clock to move on a little after each look.</param>
    /// <param name="step">How far.</param>
    public static async Task HoldsAsync(string what, Func<Task<bool>> holds, FakeTime? time = null, TimeSpan step = default)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        using var patience = new CancellationTokenSource(Patience);
        while (!await holds())
        {
            try
            {
                await timer.WaitForNextTickAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"It should hold by now that {what}.");
            }

            time?.Advance(step);
        }
    }
}
