using System.Data.Common;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Skald.Definition;
using Skald.Diagnostics;
using Skald.EventSourcing;
using Skald.Messaging;
using Skald.Runtime;

namespace Skald.Hosting;

/// <summary>A service as it was declared, put together and checked. Nothing is opened yet.</summary>
internal sealed class ServiceParts
{
    private readonly SkaldBuilder _builder;
    private readonly IServiceProvider _provider;
    private readonly IServiceProvider _definitions;
    private readonly AggregateModel _aggregates;
    private readonly IReadOnlyList<(Projection, ProjectionBuilder)> _projections;
    private readonly MessageSerializer _serializer;
    private readonly SkaldOptions _options;

    /// <param name="builder">As it was declared.</param>
    /// <param name="provider">The container.</param>
    /// <param name="definitions">A scope in which definitions are made. It lives as long as they do.</param>
    /// <param name="problems">Takes what is wrong.</param>
    public ServiceParts(SkaldBuilder builder, IServiceProvider provider, IServiceProvider definitions, List<string> problems)
    {
        (_builder, _provider, _definitions, _serializer) = (builder, provider, definitions, new MessageSerializer(builder.Resolvers));
        problems.AddRange(builder.Problems);
        builder.Options.Check(builder.Ranges(nameof(SkaldOptions), problems));
        _options = builder.Options with { WireKeys = builder.Options.WireKeys ?? ReadKeys(builder.Service, problems) };
        Model = MakeModel(problems);
        _aggregates = new AggregateModel(builder.Service, builder.Aggregates.Select(Made<Aggregate>), problems);
        _projections = [.. builder.Projections.Select(p => (ProjectionOf(p.Class), p.Builder))];
        ProjectionSet.Check(builder.Service, _aggregates, _projections, problems);
        ServiceChecks.Check(Model, _aggregates, _serializer, problems);
    }

    private EngineModel Model { get; }

    /// <summary>Lists what does not fit together with another service of this process.</summary>
    public void CheckAgainst(ServiceParts other, List<string> problems)
    {
        Model.CheckAgainst(other.Model, problems);
        if (other != this)
        {
            Exchanges.Check(Model, _serializer, other.Model, other._serializer, problems);
        }
    }

    /// <summary>The service with its store and its transport. Only when there are no problems.</summary>
    public SkaldService Assemble()
    {
        var logger = new PlainLogger((_provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance).CreateLogger("Skald." + _builder.Service));
        var (store, time) = (_builder.Store(_provider), _provider.GetRequiredService<TimeProvider>());
        return new SkaldService(new ServiceEngine(
            Model, store, _builder.Transport(_provider), _options, time, logger, _serializer, _provider.GetRequiredService<IServiceScopeFactory>(), [.. _builder.Preparations.Select(Prepared)],
            new ProjectionSet(_builder.Service, _aggregates, _projections, _provider, store, _serializer, _options, time, logger)));
    }

    private static WireKeys ReadKeys(string service, List<string> problems)
    {
        try
        {
            return Environment.GetEnvironmentVariable(WireKeys.Variable) is { } text ? WireKeys.Parse(text) : WireKeys.None;
        }
        catch (FormatException exception)
        {
            problems.Add(ErrorCodes.WireKeyUnreadable(service, exception.Message));
            return WireKeys.None;
        }
    }

    private EngineModel MakeModel(List<string> problems)
    {
        var handlers = new HandlerTable(_builder.Service);
        foreach (var (type, addTo) in _builder.Handlers)
        {
            addTo(handlers, TargetOf(type), problems);
        }

        List<(Type Saga, IReadOnlyList<SagaPlan> Plans)> sagas = [.. _builder.Sagas.Select(given => (given.Type, PlansOf(given, problems)))];
        var waits = sagas.SelectMany(saga => saga.Plans).SelectMany(KeyedWait.Of);
        var routing = new EventRouting(_builder.Service, _builder.Flows.Distinct().Select(Made<Flow>), _builder.Published, handlers, waits, problems);
        return new EngineModel(_builder.Service, sagas, handlers, routing, _serializer.Options, problems);
    }

    private Func<DbConnection, CancellationToken, Task> Prepared(Func<IServiceProvider, DbConnection, CancellationToken, Task> prepare) => async (connection, cancellationToken) =>
    {
        await using var scope = _provider.CreateAsyncScope();
        await prepare(scope.ServiceProvider, connection, cancellationToken);
    };

    private IReadOnlyList<SagaPlan> PlansOf(GivenType type, List<string> problems)
    {
        var target = TargetOf(type);
        return target.Shared is Saga shared ? shared.BuildPlans(problems) : [.. Made<Saga>(type).BuildPlans(problems).Select(new ScopedSaga(target).Of)];
    }

    private Projection ProjectionOf(GivenType type)
    {
        var target = TargetOf(type);
        return target.Shared as Projection ?? new ScopedProjection(Made<Projection>(type), target);
    }

    private CallTarget TargetOf(GivenType type) => new(type, _provider, _builder.Services, IsOurs(type.Type));

    // Whichever service of the container was first.
    private bool IsOurs(Type type) =>
        _builder.Services.Any(d => !d.IsKeyedService && d.ImplementationInstance is ServiceRegistration other && other.Builder.RegisteredTypes.Contains(type));

    private T Made<T>(GivenType type) => (T)_definitions.GetRequiredService(type.Type);
}
