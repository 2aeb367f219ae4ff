using System.Reflection;
using Skald.Diagnostics;

namespace Skald.Messaging;

/// <summary>A participant's answer without its type.</summary>
internal readonly record struct Answer(object? Reply, Refusal? Refusal);

/// <summary>One handler of one command. Found once by reflection, then called through delegates.</summary>
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

    /// <summary>The handlers of commands.</summary>
    public IReadOnlyCollection<Handler> All => _byName.Values;

    /// <summary>The handlers of events.</summary>
    public IReadOnlyCollection<EventSubscriber> Subscribers => _events.Values;

    public Handler? Find(string name) => _byName.GetValueOrDefault(name);

    public EventSubscriber? FindEvent(string name) => _events.GetValueOrDefault(name);

    public void Add(Type type, CallTarget target, List<string> problems)
    {
        var found = false;
        foreach (var method in type.GetMethods(BindingFlags.Instance | BindingFlags.Public).Where(m => m.Name == "Handle"))
        {
            if (method.GetParameters() is not [{ } message, { } context] || context.ParameterType != typeof(MessageContext))
            {
                continue;
            }

            if (typeof(ICommand).IsAssignableFrom(message.ParameterType))
            {
                found = true;
                AddMethod(type, method, message.ParameterType, target, problems);
            }
            else if (typeof(IEvent).IsAssignableFrom(message.ParameterType))
            {
                found = true;
                AddEvent(type, method, message.ParameterType, target, problems);
            }
        }

        foreach (var outside in type.GetInterfaces().Where(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IHandleOutside<,,>)))
        {
            found = true;
            var arguments = outside.GetGenericArguments();
            if (MessageCatalog.TryOf(arguments[0], problems) is { } contract)
            {
                Add((Handler)Generic(nameof(Outside), arguments).Invoke(null, [contract, target])!, problems);
            }
        }

        if (!found)
        {
            problems.Add(ErrorCodes.HandlesNothing(service, type));
        }
    }

    private void AddMethod(Type type, MethodInfo method, Type command, CallTarget target, List<string> problems)
    {
        if (MessageCatalog.TryOf(command, problems) is not { ReplyType: { } replyType } contract)
        {
            return;
        }

        var reply = typeof(Reply<>).MakeGenericType(replyType);
        var shape = method.ReturnType == reply ? nameof(Plain)
            : method.ReturnType == typeof(ValueTask<>).MakeGenericType(reply) ? nameof(Awaited)
            : method.ReturnType == typeof(Task<>).MakeGenericType(reply) ? nameof(AwaitedTask) : null;
        if (shape is null)
        {
            problems.Add(ErrorCodes.WrongReply(type, command, replyType));
            return;
        }

        Add((Handler)Generic(shape, [type, command, replyType]).Invoke(null, [contract, method, target])!, problems);
    }

    private void AddEvent(Type type, MethodInfo method, Type @event, CallTarget target, List<string> problems)
    {
        if (MessageCatalog.TryOf(@event, problems) is not { Topic: not null } contract)
        {
            return;
        }

        var shape = method.ReturnType == typeof(void) ? nameof(PlainEvent)
            : method.ReturnType == typeof(ValueTask) ? nameof(AwaitedEvent)
            : method.ReturnType == typeof(Task) ? nameof(AwaitedTaskEvent) : null;
        if (shape is null)
        {
            problems.Add(ErrorCodes.WrongEventHandler(type, @event));
        }
        else if (!_events.TryAdd(contract.Name, (EventSubscriber)Generic(shape, [type, @event]).Invoke(null, [contract, method, target])!))
        {
            problems.Add(ErrorCodes.HandlerTwice(service, contract.Name));
        }
    }

    private void Add(Handler handler, List<string> problems)
    {
        if (Address.Service(service, handler.Contract.To!) is var to && to != service)
        {
            problems.Add(ErrorCodes.HandledElsewhere(service, handler.Contract.Name, to));
        }

        if (!_byName.TryAdd(handler.Contract.Name, handler))
        {
            problems.Add(ErrorCodes.HandlerTwice(service, handler.Contract.Name));
        }
    }

    private static MethodInfo Generic(string name, Type[] arguments) =>
        typeof(HandlerTable).GetMethod(name, BindingFlags.Static | BindingFlags.NonPublic)!.MakeGenericMethod(arguments);

    private static Handler Plain<THandlers, TCommand, TReply>(MessageContract contract, MethodInfo method, CallTarget target) where THandlers : class where TReply : class
    {
        var handle = method.CreateDelegate<Func<THandlers, TCommand, MessageContext, Reply<TReply>>>();
        return new Handler { Contract = contract, Handle = (command, context) => new(Untyped(handle((THandlers)target.For(context), (TCommand)command, context))) };
    }

    private static Handler Awaited<THandlers, TCommand, TReply>(MessageContract contract, MethodInfo method, CallTarget target) where THandlers : class where TReply : class
    {
        var handle = method.CreateDelegate<Func<THandlers, TCommand, MessageContext, ValueTask<Reply<TReply>>>>();
        return new Handler { Contract = contract, Handle = async (command, context) => Untyped(await handle((THandlers)target.For(context), (TCommand)command, context)) };
    }

    private static Handler AwaitedTask<THandlers, TCommand, TReply>(MessageContract contract, MethodInfo method, CallTarget target) where THandlers : class where TReply : class
    {
        var handle = method.CreateDelegate<Func<THandlers, TCommand, MessageContext, Task<Reply<TReply>>>>();
        return new Handler { Contract = contract, Handle = async (command, context) => Untyped(await handle((THandlers)target.For(context), (TCommand)command, context)) };
    }

    private static EventSubscriber PlainEvent<THandlers, TEvent>(MessageContract contract, MethodInfo method, CallTarget target) where THandlers : class
    {
        var handle = method.CreateDelegate<Action<THandlers, TEvent, MessageContext>>();
        return new EventSubscriber(contract, (@event, context) =>
        {
            handle((THandlers)target.For(context), (TEvent)@event, context);
            return default;
        });
    }

    private static EventSubscriber AwaitedEvent<THandlers, TEvent>(MessageContract contract, MethodInfo method, CallTarget target) where THandlers : class
    {
        var handle = method.CreateDelegate<Func<THandlers, TEvent, MessageContext, ValueTask>>();
        return new EventSubscriber(contract, (@event, context) => handle((THandlers)target.For(context), (TEvent)@event, context));
    }

    private static EventSubscriber AwaitedTaskEvent<THandlers, TEvent>(MessageContract contract, MethodInfo method, CallTarget target) where THandlers : class
    {
        var handle = method.CreateDelegate<Func<THandlers, TEvent, MessageContext, Task>>();
        return new EventSubscriber(contract, async (@event, context) => await handle((THandlers)target.For(context), (TEvent)@event, context));
    }

    private static Handler Outside<TCommand, TReply, TOutcome>(MessageContract contract, CallTarget target)
        where TCommand : ICommand<TReply> where TReply : class
    {
        return new Handler
        {
            Contract = contract,
            Handle = (_, _) => throw new InvalidOperationException($"'{contract.Name}' is handled outside the transaction."),
            CallOutside = (command, context, cancellationToken) => target.UseAsync<object?>(
                async handlers => await ((IHandleOutside<TCommand, TReply, TOutcome>)handlers).CallAsync((TCommand)command, context, cancellationToken)),
            Record = (command, outcome, context) => Untyped(((IHandleOutside<TCommand, TReply, TOutcome>)target.For(context)).Record((TCommand)command, (TOutcome)outcome!, context)),
        };
    }

    private static Answer Untyped<TReply>(Reply<TReply> reply) where TReply : class => reply is { Value: null, Refusal: null }
        ? throw new InvalidOperationException("The handler answered neither with a reply nor with a refusal.")
        : new Answer(reply.Value, reply.Refusal);
}
