using Skald.Decisions;
using Skald.Messaging;
using Skald.Storage;

namespace Skald.Runtime;

/// <summary>A service's store, as its loops share it: whose turn it is, what time it is there, whether it can be used, and what this process is to it.</summary>
/// <param name="store">The store.</param>
/// <param name="transport">What carries the service's messages.</param>
/// <param name="absence">Told when it could not be used.</param>
/// <param name="setup">The service.</param>
internal sealed class StoreAccess(IStore store, ITransport transport, Absence absence, ServiceSetup setup)
{
    private readonly StoreHealth _health = new(setup.Service, absence, setup.Logger);
    private volatile bool _serves;
    private volatile StepSecrets? _secrets;

    public IStore Store => store;

    /// <summary>Whose turn it is.</summary>
    public StoreTurn Turn { get; } = new(isNeeded: !store.AllowsParallelUnits);

    /// <summary>The time that the service reckons by.</summary>
    public StoreClock Clock { get; } = new(store, setup.Time);

    public DateTimeOffset Now => Clock.Now;

    /// <summary>What shows that an answer belongs to a request of this service. Known once the store is started.</summary>
    /// <exception cref="InvalidOperationException">It is not started.</exception>
    public StepSecrets Secrets
    {
        get => _secrets ?? throw new InvalidOperationException($"Service '{setup.Service}' is not started.");
        set => _secrets = value;
    }

    /// <summary>Whether this process consumes messages and fires timers, rather than only writing to the service's database.</summary>
    public bool Serves
    {
        get => _serves;
        set => _serves = value;
    }

    /// <summary>Whether messages are received and sent in the transaction of the state.</summary>
    public bool CarriesMessages => Serves && store.SharesDatabase?.Carries(transport) == true;

    /// <summary>Why it cannot be used at the moment; null when it can.</summary>
    public string? Problem => _health.Problem;

    public void Fails(Exception exception) => _health.Fails(Now, exception);

    /// <inheritdoc cref="StoreHealth.Answers"/>
    public void Answers() => _health.Answers();

    public void Works() => _health.Works(Now);
}
