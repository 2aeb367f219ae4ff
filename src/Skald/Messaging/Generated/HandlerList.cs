using System.ComponentModel;

namespace Skald.Messaging.Generated;

/// <summary>The handlers of a class, each named with how it is called. Generated code fills it, or reflection where there is none.</summary>
/// <typeparam name="THandlers">The class.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class HandlerList<THandlers> where THandlers : class
{
    private readonly HandlerTable _table;
    private readonly CallTarget _target;
    private readonly List<string> _problems;

    internal HandlerList(HandlerTable table, CallTarget target, List<string> problems) => (_table, _target, _problems) = (table, target, problems);

    /// <summary>Adds the handler of a command that answers at once.</summary>
    public void Command<TCommand, TReply>(Func<THandlers, TCommand, MessageContext, Reply<TReply>> handle) where TCommand : ICommand<TReply> where TReply : class =>
        Add<TCommand>((command, context) => new(Untyped(handle(On(context), (TCommand)command, context))));

    /// <summary>Adds the handler of a command that is awaited.</summary>
    public void Command<TCommand, TReply>(Func<THandlers, TCommand, MessageContext, ValueTask<Reply<TReply>>> handle) where TCommand : ICommand<TReply> where TReply : class =>
        Add<TCommand>(async (command, context) => Untyped(await handle(On(context), (TCommand)command, context)));

    /// <summary>Adds the handler of a command that is awaited.</summary>
    public void Command<TCommand, TReply>(Func<THandlers, TCommand, MessageContext, Task<Reply<TReply>>> handle) where TCommand : ICommand<TReply> where TReply : class =>
        Add<TCommand>(async (command, context) => Untyped(await handle(On(context), (TCommand)command, context)));

    /// <summary>Adds the handler of an event.</summary>
    public void Event<TEvent>(Action<THandlers, TEvent, MessageContext> handle) where TEvent : IEvent => AddEvent<TEvent>((@event, context) =>
    {
        handle(On(context), (TEvent)@event, context);
        return default;
    });

    /// <summary>Adds the handler of an event that is awaited.</summary>
    public void Event<TEvent>(Func<THandlers, TEvent, MessageContext, ValueTask> handle) where TEvent : IEvent =>
        AddEvent<TEvent>((@event, context) => handle(On(context), (TEvent)@event, context));

    /// <summary>Adds the handler of an event that is awaited.</summary>
    public void Event<TEvent>(Func<THandlers, TEvent, MessageContext, Task> handle) where TEvent : IEvent =>
        AddEvent<TEvent>(async (@event, context) => await handle(On(context), (TEvent)@event, context));

    /// <summary>Adds the handler of a command that calls outside; the class is an <see cref="IHandleOutside{TCommand, TReply, TOutcome}"/>.</summary>
    public void Outside<TCommand, TReply, TOutcome>() where TCommand : ICommand<TReply> where TReply : class
    {
        if (MessageCatalog.TryOf(typeof(TCommand), _problems) is not { } contract)
        {
            return;
        }

        var target = _target;
        _table.Add(
            new Handler
            {
                Contract = contract,
                Handle = (_, _) => throw new InvalidOperationException($"'{contract.Name}' is handled outside the transaction."),
                CallOutside = (command, context, cancellationToken) => target.UseAsync<object?>(
                    async handlers => await ((IHandleOutside<TCommand, TReply, TOutcome>)handlers).CallAsync((TCommand)command, context, cancellationToken)),
                Record = (command, outcome, context) => Untyped(((IHandleOutside<TCommand, TReply, TOutcome>)target.For(context)).Record((TCommand)command, (TOutcome)outcome!, context)),
            },
            _problems);
    }

    private THandlers On(MessageContext context) => (THandlers)_target.For(context);

    private void Add<TCommand>(Func<object, MessageContext, ValueTask<Answer>> handle)
    {
        if (MessageCatalog.TryOf(typeof(TCommand), _problems) is { } contract)
        {
            _table.Add(new Handler { Contract = contract, Handle = handle }, _problems);
        }
    }

    private void AddEvent<TEvent>(Func<object, MessageContext, ValueTask> handle)
    {
        if (MessageCatalog.TryOf(typeof(TEvent), _problems) is { } contract)
        {
            _table.Add(new EventSubscriber(contract, handle), _problems);
        }
    }

    private static Answer Untyped<TReply>(Reply<TReply> reply) where TReply : class => reply is { Value: null, Refusal: null }
        ? throw new InvalidOperationException("The handler answered neither with a reply nor with a refusal.")
        : new Answer(reply.Value, reply.Refusal);
}
