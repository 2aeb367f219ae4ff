using System.Collections.Concurrent;
using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization.Metadata;
using Skald.Definition;

namespace Skald.Messaging.Generated;

/// <summary>
/// What the generator of <c>Skald.Generators</c> found at compile time, so that nothing has to be looked up by reflection. Its code calls this when an assembly is
/// loaded; people need not.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class GeneratedCode
{
    private static readonly ConcurrentDictionary<Type, Action<HandlerTable, CallTarget, List<string>>> HandlersByType = new();
    private static readonly ConcurrentDictionary<Type, MessageContract> Contracts = new();
    private static readonly ConcurrentDictionary<IJsonTypeInfoResolver, bool> Resolvers = new();

    /// <summary>Asks what the generator wrote of a type, whichever assembly that is in.</summary>
    internal static IJsonTypeInfoResolver Json { get; } = new Generated();

    /// <summary>Adds the contract of a message.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="contract"/> is null.</exception>
    public static void AddMessage(MessageContract contract)
    {
        ArgumentNullException.ThrowIfNull(contract);
        Contracts[contract.Type] = contract;
    }

    /// <summary>Adds how the methods of a class of handlers are called.</summary>
    /// <param name="handlers">Names each of them.</param>
    /// <exception cref="ArgumentNullException"><paramref name="handlers"/> is null.</exception>
    public static void AddHandlers<THandlers>(Action<HandlerList<THandlers>> handlers) where THandlers : class
    {
        ArgumentNullException.ThrowIfNull(handlers);
        HandlersByType[typeof(THandlers)] = (table, target, problems) => handlers(new HandlerList<THandlers>(table, target, problems));
    }

    /// <summary>Adds how an assembly's types are written as JSON.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="resolver"/> is null.</exception>
    public static void AddJson(IJsonTypeInfoResolver resolver) => Resolvers[resolver ?? throw new ArgumentNullException(nameof(resolver))] = true;

    internal static MessageContract? ContractOf(Type type) => Find(Contracts, type);

    internal static Action<HandlerTable, CallTarget, List<string>>? HandlersOf(Type type) => Find(HandlersByType, type);

    private static T? Find<T>(ConcurrentDictionary<Type, T> found, Type type) where T : class
    {
        Load(type);
        return found.GetValueOrDefault(type);
    }

    /// <summary>An assembly of which only types were looked at has not said yet what was generated for it.</summary>
    private static void Load(Type type) => RuntimeHelpers.RunModuleConstructor(type.Module.ModuleHandle);

    /// <summary>
    /// Whether what an assembly says of a type is all there is to say. Others do not see a type's private members, and may have been compiled with another version of
    /// it: they are asked where nobody else can be.
    /// </summary>
    private static bool Knows(IJsonTypeInfoResolver resolver, Type type) =>
        !Reflected.IsWhole || resolver.GetType().Assembly == type.Assembly || (type.IsGenericType && type.GetGenericArguments().Any(argument => Knows(resolver, argument)))
        || (type.IsArray && Knows(resolver, type.GetElementType()!)); // An array has elements.

    private sealed class Generated : IJsonTypeInfoResolver
    {
        public JsonTypeInfo? GetTypeInfo(Type type, System.Text.Json.JsonSerializerOptions options)
        {
            Load(type);
            foreach (var resolver in Resolvers.Keys.Where(r => Knows(r, type)))
            {
                if (resolver.GetTypeInfo(type, options) is { } info)
                {
                    return info;
                }
            }

            return null;
        }
    }
}
