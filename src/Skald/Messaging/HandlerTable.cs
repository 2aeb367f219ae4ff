using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Skald.Diagnostics;
using Skald.Messaging.Generated;

namespace Skald.Messaging;

/// <summary>A participant's answer without its type.</summary>
internal readonly record struct Answer(object? Reply, Refusal? Refusal);

/// <summary>One handler of one command.</summary>
internal sealed record Handler
{
    public required MessageContract Contract { get; init; }

    public required Func<object, MessageContext, ValueTask<Answer>> Handle { get; init; }

    /// <summary>The call that runs before and outside the transaction; its outcome is passed to <see cref="Record"/>.</summary>
    public Func<object, OutsideContext, CancellationToken, Task<object?>>? CallOutside { get; init; }

    public Func<object, object?, MessageContext, Answer>? Record { get; init; }
}

/// <summary>One handler of one event.</summary>
internal sealed record EventSubscriber(MessageContract Contract, Func<object, MessageContext, ValueTask> Handle);

/// <summary>The handlers of one service, by wire name.</summary>
internal sealed class HandlerTable(string service)
{
    private readonly Dictionary<string, Handler> _byName = [];
    private readonly Dictionary<string, EventSubscriber> _events = [];

    /// <summary>The service.</summary>
    public string Service { get; } = service;

    /// <summary>The handlers of commands.</summary>
    public IReadOnlyCollection<Handler> All => _byName.Values;

    /// <summary>The handlers of events.</summary>
    public IReadOnlyCollection<EventSubscriber> Subscribers => _events.Values;

    public Handler? Find(string name) => _byName.GetValueOrDefault(name);

    public EventSubscriber? FindEvent(string name) => _events.GetValueOrDefault(name);

    /// <summary>Adds all handlers of a class: those that were found when it was compiled, or by reflection.</summary>
    public void Add<[DynamicallyAccessedMembers(ReflectedHandlers.Members)] THandlers>(CallTarget target, List<string> problems) where THandlers : class
    {
        if (GeneratedCode.HandlersOf(typeof(THandlers)) is { } add)
        {
            add(this, target, problems);
        }
        else if (RuntimeFeature.IsDynamicCodeSupported)
        {
            ReflectedHandlers.AddTo(this, new HandlerList<THandlers>(this, target, problems), problems);
        }
        else
        {
            problems.Add(ErrorCodes.HandlersNotGenerated(Service, typeof(THandlers)));
        }
    }

    public void Add(Handler handler, List<string> problems)
    {
        if (Address.Service(Service, handler.Contract.To!) is var to && to != Service)
        {
            problems.Add(ErrorCodes.HandledElsewhere(Service, handler.Contract.Name, to));
        }

        if (!_byName.TryAdd(handler.Contract.Name, handler))
        {
            problems.Add(ErrorCodes.HandlerTwice(Service, handler.Contract.Name));
        }
    }

    public void Add(EventSubscriber subscriber, List<string> problems)
    {
        if (!_events.TryAdd(subscriber.Contract.Name, subscriber))
        {
            problems.Add(ErrorCodes.HandlerTwice(Service, subscriber.Contract.Name));
        }
    }
}
