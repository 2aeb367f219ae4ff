using Microsoft.CodeAnalysis;

namespace Skald.Generators.Generation;

/// <summary>Reads which messages a class handles, and how each of its methods is called.</summary>
internal static class HandlerReader
{
    private const string Outside = "Skald.IHandleOutside`3";

    /// <returns>Null for a class that handles nothing, or of which a method has another form: start-up says what is wrong with it.</returns>
    public static HandlersModel? Read(INamedTypeSymbol type, Compilation compilation)
    {
        if (type.TypeKind != TypeKind.Class || type.IsAbstract || type.IsOpen() || !type.CanBeNamed(compilation))
        {
            return null;
        }

        List<string?> calls =
        [
            .. Methods(type).Select(method => Call(method, compilation)),
            .. type.AllInterfaces.Where(i => i.IsFrom(Outside)).Select(i => i.CanBeNamed(compilation) ? $"Outside<{string.Join(", ", i.TypeArguments.Select(Symbols.Name))}>()" : null),
        ];
        return calls.Count == 0 || calls.Contains(null) ? null : new HandlersModel(type.Name(), calls.OfType<string>().ToEquatable());
    }

    /// <summary>The messages that a class handles.</summary>
    public static IEnumerable<ITypeSymbol> Messages(INamedTypeSymbol type) =>
        [.. Methods(type).Select(m => m.Parameters[0].Type), .. type.AllInterfaces.Where(i => i.IsFrom(Outside)).Select(i => i.TypeArguments[0])];

    private static IEnumerable<IMethodSymbol> Methods(INamedTypeSymbol type)
    {
        var hidden = new HashSet<string>();
        foreach (var method in type.AndBases().SelectMany(level => level.GetMembers("Handle")).OfType<IMethodSymbol>())
        {
            if (method is { IsStatic: false, DeclaredAccessibility: Accessibility.Public, Parameters: [{ Type: var message, RefKind: RefKind.None }, { Type: var context, RefKind: RefKind.None }] }
                && context.IsFrom("Skald.MessageContext") && (MessageReader.Is(message, "Skald.ICommand") || MessageReader.Is(message, "Skald.IEvent"))
                && hidden.Add(message.Name()))
            {
                yield return method;
            }
        }
    }

    private static string? Call(IMethodSymbol method, Compilation compilation)
    {
        var message = method.Parameters[0].Type;
        if (method.IsGenericMethod || message.IsValueType || message.TypeKind == TypeKind.Interface || !message.CanBeNamed(compilation) || !method.ContainingType.CanBeNamed(compilation))
        {
            return null;
        }

        // As the class that declares it: an overload of a derived one that would take the message too is another handler.
        var lambda = $"(static (handlers, message, context) => (({method.ContainingType.Name()})handlers).Handle(message, context))";
        if (MessageReader.Is(message, "Skald.IEvent"))
        {
            return method.ReturnsVoid || method.ReturnType.IsFrom("System.Threading.Tasks.Task") || method.ReturnType.IsFrom("System.Threading.Tasks.ValueTask") ? $"Event<{message.Name()}>{lambda}" : null;
        }

        var answer = method.ReturnType is INamedTypeSymbol { TypeArguments: [var awaited] } task
            && (task.IsFrom("System.Threading.Tasks.Task`1") || task.IsFrom("System.Threading.Tasks.ValueTask`1")) ? awaited : method.ReturnType;
        return MessageReader.Replies(message).ToList() is [var reply] && answer is INamedTypeSymbol { TypeArguments: [var given] } && answer.IsFrom("Skald.Reply`1")
            && SymbolEqualityComparer.Default.Equals(given, reply) && reply.CanBeNamed(compilation)
            ? $"Command<{message.Name()}, {reply.Name()}>{lambda}" : null;
    }
}
