using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Skald.Generators.Analysis;

/// <summary>The Handle methods of classes that are given to AddHandlers.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
internal sealed class HandlerAnalyzer : DiagnosticAnalyzer
{
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } =
    [
        Rules.HandlesNothing, Rules.WrongReply, Rules.WrongEventHandler, Rules.HandlerNotAwaited, Rules.HandlerNeverCalled,
        Rules.MessageWithoutName, Rules.CommandWithoutService, Rules.CommandWithoutReply, Rules.NotOneType, Rules.NameOfItsBase, Rules.CommandOrEvent, Rules.TwoReplies,
    ];

    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterCompilationStartAction(start =>
        {
            if (SkaldTypes.Of(start.Compilation) is { } skald)
            {
                var registered = new Lazy<HashSet<ISymbol>>(() => HandlerTypes.Of(start.Compilation, skald, start.CancellationToken));
                start.RegisterSymbolAction(type => Check(type, registered, skald), SymbolKind.NamedType);
            }
        });
    }

    private static void Check(SymbolAnalysisContext context, Lazy<HashSet<ISymbol>> registered, SkaldTypes skald)
    {
        var type = (INamedTypeSymbol)context.Symbol;
        if (type.TypeKind != TypeKind.Class || type.IsAbstract || type.IsGenericType || !registered.Value.Contains(type))
        {
            return;
        }

        List<IMethodSymbol> declared = [.. type.GetMembers("Handle").OfType<IMethodSymbol>()];
        foreach (var method in declared.Where(m => IsCalled(m, skald)))
        {
            CheckForm(context, method, skald);
        }

        var isUsed = Inherited(type).Any(m => IsCalled(m, skald)) || type.AllInterfaces.Any(i => SkaldTypes.Same(i.OriginalDefinition, skald.HandleOutside));
        List<IMethodSymbol> mistaken = [.. declared.Where(m => !IsCalled(m, skald) && MeansToHandle(m, skald))];
        foreach (var method in mistaken)
        {
            context.ReportDiagnostic(isUsed
                ? Diagnostic.Create(Rules.HandlerNeverCalled, method.Locations[0], WhyNot(method, skald))
                : Diagnostic.Create(Rules.HandlesNothing, method.Locations[0], type.Name));
        }

        if (!isUsed && mistaken.Count == 0)
        {
            context.ReportDiagnostic(Diagnostic.Create(Rules.HandlesNothing, type.Locations[0], type.Name));
        }
    }

    private static void CheckForm(SymbolAnalysisContext context, IMethodSymbol method, SkaldTypes skald)
    {
        var (message, where) = (method.Parameters[0].Type, method.Locations[0]);
        if (message.TypeKind == TypeKind.TypeParameter)
        {
            context.ReportDiagnostic(Diagnostic.Create(Rules.NotOneType, where, message.Name, "an open generic type"));
        }
        else if (MessageContracts.ProblemOf(message, skald, where) is { } problem)
        {
            context.ReportDiagnostic(problem);
        }
        else if (skald.IsCommand(message))
        {
            if (skald.RepliesOf(message) is [var reply] && !SkaldTypes.Same(Awaited(method.ReturnType, skald), skald.ReplyOf?.Construct(reply)))
            {
                context.ReportDiagnostic(Diagnostic.Create(Rules.WrongReply, where, message.Name, reply.Name));
            }
        }
        else if (!method.ReturnsVoid && !SkaldTypes.Same(method.ReturnType, skald.Task) && !SkaldTypes.Same(method.ReturnType, skald.ValueTask))
        {
            context.ReportDiagnostic(Diagnostic.Create(Rules.WrongEventHandler, where, message.Name));
        }
        else if (method is { ReturnsVoid: true, IsAsync: true })
        {
            context.ReportDiagnostic(Diagnostic.Create(Rules.HandlerNotAwaited, where));
        }
    }

    private static ITypeSymbol Awaited(ITypeSymbol type, SkaldTypes skald) =>
        type is INamedTypeSymbol { TypeArguments: [var result] } && (SkaldTypes.Same(type.OriginalDefinition, skald.TaskOf) || SkaldTypes.Same(type.OriginalDefinition, skald.ValueTaskOf)) ? result : type;

    /// <summary>Whether start-up takes it for a handler.</summary>
    private static bool IsCalled(IMethodSymbol method, SkaldTypes skald) =>
        method is { Name: "Handle", IsStatic: false, DeclaredAccessibility: Accessibility.Public, MethodKind: MethodKind.Ordinary, Parameters: [{ RefKind: RefKind.None } message, { RefKind: RefKind.None } context] }
        && SkaldTypes.Same(context.Type, skald.MessageContext) && IsMessage(message.Type, skald);

    private static bool MeansToHandle(IMethodSymbol method, SkaldTypes skald) => method.Parameters is [{ } message, ..] && IsMessage(message.Type, skald)
        && method is { MethodKind: MethodKind.Ordinary, ExplicitInterfaceImplementations.IsEmpty: true } && !Implements(method)
        // What others of the class call has its own form.
        && (method.DeclaredAccessibility == Accessibility.Public || method.Parameters is [_, { } context] && SkaldTypes.Same(context.Type, skald.MessageContext));

    /// <summary>Whether an interface asks for it: whoever knows the interface calls it.</summary>
    private static bool Implements(IMethodSymbol method) => method.ContainingType.AllInterfaces.SelectMany(i => i.GetMembers(method.Name))
        .Any(member => SymbolEqualityComparer.Default.Equals(method.ContainingType.FindImplementationForInterfaceMember(member), method));

    private static bool IsMessage(ITypeSymbol type, SkaldTypes skald) => skald.IsCommand(type) || skald.IsEvent(type);

    private static IEnumerable<IMethodSymbol> Inherited(INamedTypeSymbol type)
    {
        for (var part = type; part is not null; part = part.BaseType)
        {
            foreach (var method in part.GetMembers("Handle").OfType<IMethodSymbol>())
            {
                yield return method;
            }
        }
    }

    private static string WhyNot(IMethodSymbol method, SkaldTypes skald) =>
        method.IsStatic ? "it is static."
        : method.DeclaredAccessibility != Accessibility.Public ? "it is not public."
        : method.Parameters.Length == 1 ? "it takes no MessageContext."
        : method.Parameters.Length == 2 && !SkaldTypes.Same(method.Parameters[1].Type, skald.MessageContext) ? "its second parameter is no MessageContext."
        : "it takes the message and the MessageContext, and nothing else: a cancellation token is in the context, services come with the constructor.";
}
