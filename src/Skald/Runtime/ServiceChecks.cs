using Skald.Definition;
using Skald.EventSourcing;
using Skald.Messaging;

namespace Skald.Runtime;

/// <summary>What must hold for all that a service says, hears and stores, once everything is known of it.</summary>
internal static class ServiceChecks
{
    public static void Check(EngineModel model, AggregateModel aggregates, MessageSerializer serializer, List<string> problems)
    {
        CheckNames(model, aggregates, problems);
        CheckBindings(model.Routing, problems);
        foreach (var type in Commands(model).SelectMany(c => Bodies(c.Contract, c.Refusal))
            .Concat(EventTypes(model, aggregates))
            .Concat(model.Plans.Select(p => p.StateType))
            .Concat(aggregates.Plans.Where(p => p.SnapshotEvery is not null).Select(p => p.StateType))
            .Distinct())
        {
            serializer.RoundTrip.Check(type, problems);
        }
    }

    /// <summary>The commands that a service sends and handles, each with the type as which its refusals are read.</summary>
    public static IEnumerable<(MessageContract Contract, Type Refusal)> Commands(EngineModel model) => model.Plans
        .SelectMany(p => p.Steps)
        .Select(s => s.Work)
        .SelectMany<StepWork, (Type? Type, Type Refusal)>(w => w is StepWork.Remote r ? [(r.Command.Type, r.RefusalType), (w.UndoCommand?.Type, typeof(Refusal))] : [(w.UndoCommand?.Type, typeof(Refusal))])
        // What has no contract is on the list of problems already.
        .Select(c => (Contract: c.Type is null ? null : MessageCatalog.TryOf(c.Type, []), c.Refusal))
        .Where(c => c.Contract is { ReplyType: not null })
        .Select(c => (Contract: c.Contract!, c.Refusal))
        .Concat(model.Handlers.All.Select(h => (h.Contract, typeof(Refusal))));

    private static IEnumerable<Type> Bodies(MessageContract contract, Type refusal) =>
        contract.ReplyType is { } reply ? [contract.Type, reply, refusal] : [contract.Type, refusal];

    private static IEnumerable<Type> EventTypes(EngineModel model, AggregateModel aggregates) =>
        Events(model).Concat(aggregates.Plans.SelectMany(p => p.Readings).Select(r => r.Type)).Where(t => MessageCatalog.TryOf(t, []) is not null);

    private static IEnumerable<Type> Events(EngineModel model) => model.Handlers.Subscribers.Select(h => h.Contract.Type)
        .Concat(model.Routing.Published.Select(c => c.Type))
        .Concat(model.Routing.Flows.SelectMany(f => f.Plan.Mentioned))
        .Concat(model.Plans.SelectMany(p => p.WaitEnds).Select(e => e.EventType));

    private static void CheckNames(EngineModel model, AggregateModel aggregates, List<string> problems)
    {
        foreach (var (contract, refusal) in Commands(model))
        {
            model.Names.AddCommand(contract, refusal, problems);
        }

        foreach (var type in Events(model))
        {
            // The types of a flow are looked at here for the first time.
            if (MessageCatalog.TryOf(type, problems) is { } contract)
            {
                model.Names.Add(contract.Name, type, "the event", problems);
            }
        }

        foreach (var plan in aggregates.Plans)
        {
            foreach (var (name, type) in plan.Readings)
            {
                model.Names.Add(name, type, $"an event of aggregate '{plan.Name}',", problems);
            }
        }
    }

    /// <summary>The names of topics and of subscriptions with their system's in front, as brokers know them.</summary>
    private static void CheckBindings(EventRouting routing, List<string> problems)
    {
        foreach (var (topic, queue) in routing.Bindings)
        {
            NameRule.Check("the topic", topic, problems);
            NameRule.Check("the queue of a subscription,", queue, problems);
        }

        foreach (var contract in routing.Published)
        {
            // Published events have a topic.
            NameRule.Check("the topic", Address.Topic(routing.Service, contract.Topic!), problems);
        }
    }
}
