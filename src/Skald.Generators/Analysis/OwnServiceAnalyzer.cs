using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Skald.Generators.Analysis;

/// <summary>Code inside a message that asks its own service for what only comes after the message.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
internal sealed class OwnServiceAnalyzer : DiagnosticAnalyzer
{
    private static readonly Dictionary<string, string> Instead = new()
    {
        ["StartAsync"] = "Use context.Start(...), which starts it in the same transaction.",
        ["RaiseAsync"] = "Send a command with context.Send(...), or publish an event with context.Publish(...).",
        ["CancelAsync"] = "Somebody outside cancels a saga; a step of its own refuses.",
        ["ResumeAsync"] = "A person or a tool resumes a saga, from outside.",
        ["HoldAsync"] = "A person or a tool holds a saga, from outside.",
        ["ReleaseAsync"] = "A person or a tool holds a saga, from outside.",
        ["ReplayAsync"] = "A person or a tool replays a dead letter, from outside.",
        ["StartJobAsync"] = "A person or a tool begins a job, from outside.",
        ["StopJobAsync"] = "A person or a tool moves a job, from outside.",
        ["SuspendJobAsync"] = "A person or a tool moves a job, from outside.",
        ["ResumeJobAsync"] = "A person or a tool moves a job, from outside.",
        ["ExecuteAsync"] = "Use the context's own transaction.",
        ["WaitAsync"] = "Let the saga's last step send or publish what is to happen then.",
        ["PublishAsync"] = "Use context.Publish(...), which publishes it with the same transaction.",
    };

    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [Rules.AsksItsOwnService];

    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterCompilationStartAction(start =>
        {
            if (SkaldTypes.Of(start.Compilation) is { } skald)
            {
                start.RegisterOperationAction(call => Check(call, skald), OperationKind.Invocation);
            }
        });
    }

    private static void Check(OperationAnalysisContext context, SkaldTypes skald)
    {
        var call = (IInvocationOperation)context.Operation;
        if (SkaldTypes.Same(call.TargetMethod.ContainingType, skald.Service) && Instead.TryGetValue(call.TargetMethod.Name, out var instead)
            && IsInsideMessage(call, context.ContainingSymbol, skald) && IsTheOnlyService(call.Instance, context.ContainingSymbol.ContainingType))
        {
            context.ReportDiagnostic(Diagnostic.Create(Rules.AsksItsOwnService, Chain.CallOf(call), call.TargetMethod.Name, instead));
        }
    }

    /// <summary>Code that has a call's context runs inside a message.</summary>
    private static bool IsInsideMessage(IOperation operation, ISymbol containing, SkaldTypes skald)
    {
        for (var outer = operation.Parent; outer is not null; outer = outer.Parent)
        {
            var function = (outer as IAnonymousFunctionOperation)?.Symbol ?? (outer as ILocalFunctionOperation)?.Symbol;
            if (function?.Parameters.Any(p => IsContext(p.Type, skald)) == true)
            {
                return true;
            }
        }

        return containing is IMethodSymbol method && method.Parameters.Any(p => IsContext(p.Type, skald));
    }

    private static bool IsContext(ITypeSymbol type, SkaldTypes skald) => SkaldTypes.Same(type, skald.StepContext) || SkaldTypes.Same(type, skald.MessageContext);

    /// <summary>The service that comes without a key is the only one of its process. One with a key may be another, which may be asked.</summary>
    private static bool IsTheOnlyService(IOperation? instance, INamedTypeSymbol? type) => instance switch
    {
        IParameterReferenceOperation { Parameter: var parameter } => IsWithoutKey(parameter) && parameter.ContainingSymbol is IMethodSymbol { MethodKind: MethodKind.Constructor },
        IFieldReferenceOperation { Field: { IsStatic: false } field } => IsInjected(field.ContainingType, field.Type),
        IPropertyReferenceOperation { Property: { IsStatic: false } property } => IsInjected(property.ContainingType, property.Type),
        IInvocationOperation { TargetMethod: { Name: "GetRequiredService" or "GetService", TypeArguments.Length: 1, ContainingNamespace: var space } } => space.ToDisplayString() == "Microsoft.Extensions.DependencyInjection",
        IConditionalAccessInstanceOperation => false,
        _ => false,
    } && type is not null;

    private static bool IsInjected(INamedTypeSymbol type, ITypeSymbol service)
    {
        List<IParameterSymbol> parameters = [.. type.InstanceConstructors.SelectMany(c => c.Parameters).Where(p => SkaldTypes.Same(p.Type, service))];
        return parameters.Count > 0 && parameters.TrueForAll(IsWithoutKey);
    }

    private static bool IsWithoutKey(IParameterSymbol parameter) => parameter.GetAttributes().All(a => a.AttributeClass?.Name != "FromKeyedServicesAttribute");
}
