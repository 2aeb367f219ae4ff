using Skald.Definition;
using Skald.Messaging;
using Skald.Runtime;

namespace Skald;

/// <summary>What a service says and hears: read off what it runs, for tools that document or draw it.</summary>
/// <param name="Service">The full name.</param>
/// <param name="CommandQueue">The queue of the commands it handles.</param>
/// <param name="ReplyQueue">The queue of the answers to its sagas, and of the events they wait for.</param>
/// <param name="Sagas">The plans of its sagas, by name.</param>
/// <param name="Handles">The commands it handles, by wire name.</param>
/// <param name="Sends">The commands its sagas send, by wire name.</param>
/// <param name="Awaits">The events its sagas wait for, by wire name.</param>
/// <param name="Publishes">The events it publishes, by wire name.</param>
/// <param name="Subscribes">The events it subscribes to, by wire name.</param>
public sealed record ServiceDescription(
    string Service,
    string CommandQueue,
    string ReplyQueue,
    IReadOnlyList<SagaPlan> Sagas,
    IReadOnlyList<MessageContract> Handles,
    IReadOnlyList<SentCommand> Sends,
    IReadOnlyList<AwaitedEvent> Awaits,
    IReadOnlyList<PublishedEvent> Publishes,
    IReadOnlyList<SubscribedEvent> Subscribes)
{
    internal static ServiceDescription Of(EngineModel model)
    {
        var uses = model.Plans.OrderByDescending(plan => plan.Version).SelectMany(plan => plan.Steps.SelectMany(step => Uses(plan, step))).ToList();
        return new ServiceDescription(
            model.Service,
            model.CommandQueue,
            model.ReplyQueue,
            [.. model.PresentPlans.OrderBy(p => p.Name, StringComparer.Ordinal)],
            [.. model.Handlers.All.Select(h => h.Contract).OrderBy(c => c.Name, StringComparer.Ordinal)],
            [.. Grouped(uses, use => use.CommandType).Select(group => Sent(model.RouteOf(group.Key), group))],
            [.. Grouped(uses, use => use.EventType).Select(group => new AwaitedEvent(MessageCatalog.Of(group.Key), Steps(group)))],
            [.. model.Routing.Published.OrderBy(c => c.Name, StringComparer.Ordinal)
                .Select(c => new PublishedEvent(c, Address.Topic(model.Service, c.Topic!)))], // Events have a topic.
            [.. model.Routing.Subscriptions().Select(s => new SubscribedEvent(MessageCatalog.Of(s.Event), s.Binding.Topic, s.Binding.Queue))
                .OrderBy(s => s.Contract.Name, StringComparer.Ordinal)]);
    }

    private static IEnumerable<Use> Uses(SagaPlan plan, StepPlan step) =>
    [
        new Use(new StepUse(plan, step, Undoes: false), (step.Work as StepWork.Remote)?.Command.Type, null),
        .. (step.Work as StepWork.Wait)?.Ends.Select(end => new Use(new StepUse(plan, step, Undoes: false), null, end.EventType)) ?? [],
        new Use(new StepUse(plan, step, Undoes: true), step.Work.UndoCommand?.Type, null),
    ];

    private static IEnumerable<IGrouping<Type, Use>> Grouped(List<Use> uses, Func<Use, Type?> type) => uses
        .Where(use => type(use) is not null)
        .GroupBy(use => type(use)!) // The line above leaves those that have one.
        .OrderBy(group => MessageCatalog.Of(group.Key).Name, StringComparer.Ordinal);

    private static SentCommand Sent(Route route, IEnumerable<Use> uses) => new(route.Contract, route.Service, route.Queue, Steps(uses));

    private static IReadOnlyList<StepUse> Steps(IEnumerable<Use> uses) =>
        [.. uses.Select(use => use.Step).DistinctBy(s => (s.Saga.Name, s.Step.Name, s.Undoes)).OrderBy(s => s.Saga.Name, StringComparer.Ordinal).ThenBy(s => s.Step.Index).ThenBy(s => s.Undoes)];

    private sealed record Use(StepUse Step, Type? CommandType, Type? EventType);
}

/// <summary>A step of a saga that a message belongs to.</summary>
/// <param name="Saga">The saga's plan.</param>
/// <param name="Step">The step.</param>
/// <param name="Undoes">Whether the message undoes the step.</param>
public sealed record StepUse(SagaPlan Saga, StepPlan Step, bool Undoes);

/// <summary>A command that sagas send.</summary>
/// <param name="Contract">Its contract.</param>
/// <param name="Service">The service that handles it.</param>
/// <param name="Queue">That service's queue.</param>
/// <param name="Steps">The steps that send it.</param>
public sealed record SentCommand(MessageContract Contract, string Service, string Queue, IReadOnlyList<StepUse> Steps);

/// <summary>An event that sagas wait for; it comes through the reply queue and names the saga.</summary>
/// <param name="Contract">Its contract.</param>
/// <param name="Steps">The steps that wait for it.</param>
public sealed record AwaitedEvent(MessageContract Contract, IReadOnlyList<StepUse> Steps);

/// <summary>An event that a service publishes.</summary>
/// <param name="Contract">Its contract.</param>
/// <param name="Topic">The topic's full name.</param>
public sealed record PublishedEvent(MessageContract Contract, string Topic);

/// <summary>An event that a service subscribes to, to handle it or to watch a flow that it owns.</summary>
/// <param name="Contract">Its contract.</param>
/// <param name="Topic">The topic's full name.</param>
/// <param name="Queue">The queue in which its copies wait.</param>
public sealed record SubscribedEvent(MessageContract Contract, string Topic, string Queue);
