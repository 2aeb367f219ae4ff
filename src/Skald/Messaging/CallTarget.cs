using System.Reflection;
using Microsoft.Extensions.DependencyInjection;

namespace Skald.Messaging;

/// <summary>
/// What calls are made on, such as a class of handlers: each call gets an object of its own, from its own scope of the container. One object is shared by all
/// calls if its class is registered as a singleton, or needs nothing but singletons.
/// </summary>
internal sealed class CallTarget
{
    private readonly IServiceProvider _root;
    private readonly Type _type;
    private readonly Lazy<object>? _shared;

    /// <param name="given">The class.</param>
    /// <param name="root">The container.</param>
    /// <param name="services">What it was made of.</param>
    /// <param name="isOurs">Whether the class was registered on the service's behalf, so that its lifetime is for us to choose.</param>
    public CallTarget(GivenType given, IServiceProvider root, IServiceCollection services, bool isOurs)
    {
        var type = given.Type;
        (_type, _root) = (type, root);
        var registered = services.LastOrDefault(d => d.ServiceType == type && !d.IsKeyedService);
        if (registered?.Lifetime == ServiceLifetime.Singleton)
        {
            // When the first message comes, so that a CLI verb does not build every service.
            _shared = new Lazy<object>(() => root.GetRequiredService(type));
        }
        else if (isOurs && registered?.ImplementationType == type && NeedsOnlySingletons(given, services))
        {
            _shared = new Lazy<object>(() => ActivatorUtilities.CreateInstance(root, given.Type));
        }
    }

    /// <summary>The object that all calls share; null when each has its own.</summary>
    public object? Shared => _shared?.Value;

    /// <summary>The object for a call.</summary>
    public object For(StepContext context) => Shared ?? context.Services.GetRequiredService(_type);

    /// <summary>Runs code with an object outside any transaction, in a scope of its own.</summary>
    public async Task<T> UseAsync<T>(Func<object, Task<T>> code)
    {
        if (Shared is { } shared)
        {
            return await code(shared);
        }

        await using var scope = _root.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<CurrentCall>().HasNoTransaction = true;
        return await code(scope.ServiceProvider.GetRequiredService(_type));
    }

    private static bool NeedsOnlySingletons(GivenType given, IServiceCollection services) =>
        !typeof(IDisposable).IsAssignableFrom(given.Type) && !typeof(IAsyncDisposable).IsAssignableFrom(given.Type)
        && given.Type.GetConstructors().SelectMany(c => c.GetParameters()).All(parameter => IsSingleton(parameter, services));

    private static bool IsSingleton(ParameterInfo parameter, IServiceCollection services)
    {
        var key = parameter.GetCustomAttribute<FromKeyedServicesAttribute>();
        var generic = parameter.ParameterType.IsGenericType ? parameter.ParameterType.GetGenericTypeDefinition() : null;
        var asked = services.Where(d => key is null ? !d.IsKeyedService : d.IsKeyedService && Equals(d.ServiceKey, key.Key)).ToList();
        // As the container does: the exact type before the open one.
        var found = asked.FindLast(d => d.ServiceType == parameter.ParameterType) ?? asked.FindLast(d => d.ServiceType == generic);
        return found?.Lifetime == ServiceLifetime.Singleton;
    }
}
