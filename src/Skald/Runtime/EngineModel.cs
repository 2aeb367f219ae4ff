using System.Collections.Concurrent;
using System.Text.Json;
using Skald.Definition;
using Skald.Diagnostics;
using Skald.Messaging;
using Skald.Storage;

namespace Skald.Runtime;

/// <summary>What one service is made of: its definitions and handlers, checked together. Immutable.</summary>
internal sealed class EngineModel
{
    private readonly Dictionary<(string Name, int Version), SagaPlan> _plans = [];
    private readonly Dictionary<Type, SagaPlan> _plansBySaga = [];
    private readonly Dictionary<string, Type> _events = [];
    private readonly Dictionary<Type, Route> _routes = [];
    private readonly ConcurrentDictionary<Type, Route> _sent = new();

    /// <param name="service">Its name.</param>
    /// <param name="sagas">The plans of each definition, the newest last.</param>
    /// <param name="handlers">Its handlers.</param>
    /// <param name="routing">Its events.</param>
    /// <param name="json">How what is stored and sent is written.</param>
    /// <param name="problems">Takes what is wrong.</param>
    public EngineModel(string service, IReadOnlyList<(Type Saga, IReadOnlyList<SagaPlan> Plans)> sagas, HandlerTable handlers, EventRouting routing, JsonSerializerOptions json, List<string> problems)
    {
        Service = service;
        Names = new MessageNames(service);
        Handlers = handlers;
        Routing = routing;
        ReplyQueue = Address.Replies(service);
        CommandQueue = Address.Commands(service);
        foreach (var (saga, plans) in sagas)
        {
            foreach (var built in plans)
            {
                var plan = built.For(json, Unchangeable.Is(built.StateType));
                if (!_plans.TryAdd((plan.Name, plan.Version), plan))
                {
                    problems.Add(ErrorCodes.SagaVersionTaken(service, plan.Name, plan.Version));
                }

                // The newest comes last: it is what is started.
                _plansBySaga[saga] = plan;
                AddMessages(plan, problems);
            }
        }
    }

    public string Service { get; }

    public HandlerTable Handlers { get; }

    /// <summary>What it publishes, what it subscribes to, and the flows it takes part in.</summary>
    public EventRouting Routing { get; }

    /// <summary>The wire names it is known to use.</summary>
    public MessageNames Names { get; }

    public string ReplyQueue { get; }

    public string CommandQueue { get; }

    /// <summary>Those of all versions of its definitions that it carries.</summary>
    public IReadOnlyCollection<SagaPlan> Plans => _plans.Values;

    /// <summary>The newest of each definition.</summary>
    public IEnumerable<SagaPlan> PresentPlans => _plans.Values.GroupBy(p => p.Name).Select(same => same.MaxBy(p => p.Version)!); // No group is empty.

    public SagaPlan? FindPlan(string definition, int version) => _plans.GetValueOrDefault((definition, version));

    /// <summary>A saga's state as people may see it. What another version hides is hidden in one that is not known here.</summary>
    public ReadOnlyMemory<byte> ShownState(SagaRow row, MessageSerializer serializer) => FindPlan(row.Definition, row.PlanVersion) is { } plan
        ? StateCodec.Shown(plan, row.State, serializer)
        : serializer.Redaction.Hide(row.State, Plans.Where(other => other.Name == row.Definition).Select(other => other.StateType));

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
        }

        if (step.Work.UndoCommand is { } undo)
        {
            yield return (step.Name, undo.Type);
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

        foreach (var end in plan.WaitEnds)
        {
            if (MessageCatalog.TryOf(end.EventType, problems) is { } contract)
            {
                _events.TryAdd(contract.Name, end.EventType);
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
