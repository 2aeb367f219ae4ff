using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Skald.Diagnostics;
using Skald.Messaging.Generated;

namespace Skald.Messaging;

/// <summary>Finds the handlers of a class that was compiled without the generator.</summary>
[RequiresDynamicCode("Each handler's types become those of a generic method.")]
internal static class ReflectedHandlers
{
    /// <summary>What of a class has to be there.</summary>
    public const DynamicallyAccessedMemberTypes Members = GivenType.Members | DynamicallyAccessedMemberTypes.PublicMethods | DynamicallyAccessedMemberTypes.Interfaces;

    public static void AddTo<[DynamicallyAccessedMembers(Members)] THandlers>(HandlerTable table, HandlerList<THandlers> list, List<string> problems) where THandlers : class
    {
        var found = false;
        foreach (var method in typeof(THandlers).GetMethods(BindingFlags.Instance | BindingFlags.Public).Where(m => m.Name == "Handle"))
        {
            if (method.GetParameters() is not [{ ParameterType: var message }, { } context] || context.ParameterType != typeof(MessageContext))
            {
                continue;
            }

            if (typeof(ICommand).IsAssignableFrom(message))
            {
                found = true;
                AddCommand(list, method, message, problems);
            }
            else if (typeof(IEvent).IsAssignableFrom(message))
            {
                found = true;
                AddEvent(list, method, message, problems);
            }
        }

        foreach (var outside in typeof(THandlers).GetInterfaces().Where(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IHandleOutside<,,>)))
        {
            found = true;
            Call(list, nameof(HandlerList<>.Outside), [], outside.GetGenericArguments());
        }

        if (!found)
        {
            problems.Add(ErrorCodes.HandlesNothing(table.Service, typeof(THandlers)));
        }
    }

    private static void AddCommand<THandlers>(HandlerList<THandlers> list, MethodInfo method, Type command, List<string> problems) where THandlers : class
    {
        if (MessageCatalog.TryOf(command, problems) is not { ReplyType: { } replyType })
        {
            return;
        }

        var reply = typeof(Reply<>).MakeGenericType(replyType);
        if (method.ReturnType == reply || method.ReturnType == typeof(ValueTask<>).MakeGenericType(reply) || method.ReturnType == typeof(Task<>).MakeGenericType(reply))
        {
            Call(list, nameof(HandlerList<>.Command), [Delegate(typeof(Func<,,,>), typeof(THandlers), command, method)], command, replyType);
        }
        else
        {
            problems.Add(ErrorCodes.WrongReply(typeof(THandlers), command, replyType));
        }
    }

    private static void AddEvent<THandlers>(HandlerList<THandlers> list, MethodInfo method, Type @event, List<string> problems) where THandlers : class
    {
        if (MessageCatalog.TryOf(@event, problems) is not { Topic: not null })
        {
            return;
        }

        if (method.ReturnType == typeof(void) || method.ReturnType == typeof(ValueTask) || method.ReturnType == typeof(Task))
        {
            Call(list, nameof(HandlerList<>.Event), [Delegate(method.ReturnType == typeof(void) ? typeof(Action<,,>) : typeof(Func<,,,>), typeof(THandlers), @event, method)], @event);
        }
        else
        {
            problems.Add(ErrorCodes.WrongEventHandler(typeof(THandlers), @event));
        }
    }

    [UnconditionalSuppressMessage("Trimming", "IL2055", Justification = "Func and Action ask nothing of their types.")]
    private static Delegate Delegate(Type kind, Type handlers, Type message, MethodInfo method)
    {
        Type[] types = [handlers, message, typeof(MessageContext), .. method.ReturnType == typeof(void) ? Type.EmptyTypes : [method.ReturnType]];
        return method.CreateDelegate(kind.MakeGenericType(types));
    }

    /// <summary>Calls the overload of the list that takes such a delegate.</summary>
    [UnconditionalSuppressMessage("Trimming", "IL2060", Justification = "The list's methods ask nothing of their types.")]
    private static void Call<THandlers>(HandlerList<THandlers> list, string name, Delegate[] arguments, params Type[] types) where THandlers : class
    {
        var method = typeof(HandlerList<THandlers>).GetMethods()
            .Where(m => m.Name == name && m.GetGenericArguments().Length == types.Length)
            .Select(m => m.MakeGenericMethod(types))
            .First(m => m.GetParameters().Select(p => p.ParameterType).SequenceEqual(arguments.Select(a => a.GetType())));
        method.Invoke(list, arguments);
    }
}
