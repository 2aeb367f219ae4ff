using System.Collections.Concurrent;
using System.Text.Json;
using Skald.Definition;
using Skald.Diagnostics;
using Skald.Messaging;

namespace Skald.Runtime;

/// <summary>What one service is made of: its definitions and handlers, checked together. Immutable.</summary>
internal sealed class EngineModel
{
    private readonly Dictionary<string, SagaPlan> _plansByName;
    private readonly Dictionary<Type, SagaPlan> _plansBySaga = [];
    private readonly Dictionary<string, Type> _events = [];
    private readonly Dictionary<Type, Route> _routes = [];
    private readonly ConcurrentDictionary<Type, Route> _sent = new();

    public EngineModel(string service, IEnumerable<Saga> sagas, HandlerTable handlers, EventRouting routing, JsonSerializerOptions json, List<string> problems)
    {
        Service = service;
        Names = new MessageNames(service);
        Handlers = handlers;
        Routing = routing;
        ReplyQueue = Address.Replies(service);
        CommandQueue = Address.Commands(service);
        foreach (var saga in sagas)
        {
            var built = saga.BuildPlan(problems);
            var plan = built.For(json, Unchangeable.Is(built.StateType));
            if (_plansBySaga.Values.Any(p => p.Name == plan.Name))
            {
                problems.Add(ErrorCodes.SagaNameTaken(service, plan.Name));
            }

            _plansBySaga[saga.GetType()] = plan;
            AddMessages(plan, problems);
        }

        _plansByName = _plansBySaga.Values.DistinctBy(p => p.Name).ToDictionary(p => p.Name);
    }

    public string Service { get; }

    public HandlerTable Handlers { get; }

    /// <summary>What it publishes, what it subscribes to, and the flows it takes part in.</summary>
    public EventRouting Routing { get; }

    /// <summary>The wire names it is known to use.</summary>
    public MessageNames Names { get; }

    public string ReplyQueue { get; }

    public string CommandQueue { get; }

    public IReadOnlyCollection<SagaPlan> Plans => _plansByName.Values;

    public SagaPlan? FindPlan(string definition) => _plansByName.GetValueOrDefault(definition);

    public SagaPlan PlanOf(Type saga) => _plansBySaga.GetValueOrDefault(saga)
        ?? throw new ArgumentException($"{saga.Name} is not a saga of service '{Service}'. Add it with AddSaga<{saga.Name}>().", nameof(saga));

    public Type? FindEvent(string name) => _events.GetValueOrDefault(name);

    /// <summary>Where a command goes. Saga commands are known from the start; others are looked up when first sent.</summary>
    /// <exception cref="SagaDefinitionException">It is no command, or its names mean something else in this service.</exception>
    public Route RouteOf(Type command) => _routes.TryGetValue(command, out var route) ? route : _sent.GetOrAdd(command, Learn);

    /// <summary>Lists the steps whose commands go to <paramref name="other"/>, which runs in this process but does not handle them.</summary>
    public void CheckAgainst(EngineModel other, List<string> problems)
    {
        Routing.CheckAgainst(other.Routing, problems);
        foreach (var plan in Plans)
        {
            foreach (var (step, command) in plan.Steps.SelectMany(Commands))
            {
                if (_routes.TryGetValue(command, out var route) && route.Service == other.Service && other.Handlers.Find(route.Contract.Name) is null)
                {
                    problems.Add(ErrorCodes.NoHandler(other.Service, route.Contract.Name, plan.Name, step));
                }
            }
        }
    }

    private static IEnumerable<(string Step, Type Command)> Commands(StepPlan step)
    {
        if (step.Work is StepWork.Remote remote)
        {
            yield return (step.Name, remote.Command.Type);
            if (remote.Undo is not null)
            {
                yield return (step.Name, remote.Undo.Type);
            }
        }
    }

    private void AddMessages(SagaPlan plan, List<string> problems)
    {
        foreach (var (_, command) in plan.Steps.SelectMany(Commands))
        {
            if (MessageCatalog.TryOf(command, problems) is { To: not null } contract)
            {
                _routes[command] = MakeRoute(contract);
            }
        }

        foreach (var wait in plan.Steps.Select(s => s.Work).OfType<StepWork.Wait>())
        {
            if (MessageCatalog.TryOf(wait.EventType, problems) is { } contract)
            {
                _events.TryAdd(contract.Name, wait.EventType);
            }
        }
    }

    private Route Learn(Type command)
    {
        var contract = MessageCatalog.Of(command);
        var route = MakeRoute(contract);
        var problems = new List<string>();
        lock (_sent)
        {
            Names.AddCommand(contract, typeof(Refusal), problems);
        }

        return problems.Count == 0 ? route : throw new SagaDefinitionException(problems);
    }

    private Route MakeRoute(MessageContract contract)
    {
        if (contract.To is null)
        {
            throw new ArgumentException($"'{contract.Name}' is not a command.", nameof(contract));
        }

        var service = Address.Service(Service, contract.To);
        return new Route(contract, service, Address.Commands(service));
    }
}

/// <summary>Where a command goes.</summary>
/// <param name="Contract">The command's contract.</param>
/// <param name="Service">The service that handles it.</param>
/// <param name="Queue">That service's queue.</param>
internal sealed record Route(MessageContract Contract, string Service, string Queue);
