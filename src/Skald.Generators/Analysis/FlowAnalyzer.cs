using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Skald.Generators.Analysis;

/// <summary>What the events and rules of a flow say of themselves.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
internal sealed class FlowAnalyzer : DiagnosticAnalyzer
{
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [Rules.FlowUndoMissing, Rules.FlowExpectsNothing, Rules.FlowRaisesWithoutDeadline];

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
        if (call.TargetMethod is not { Name: "StartsWith" or "Event" or "After", ContainingType.Name: "FlowBuilder", TypeArguments: [var @event] } || !skald.IsOurs(call.TargetMethod)
            || Chain.From(call, skald) is not { IsWhole: true } chain)
        {
            return;
        }

        if (RuleOf(chain) is { } rule)
        {
            context.ReportDiagnostic(Diagnostic.Create(rule, chain.Where, @event.Name));
        }
    }

    private static DiagnosticDescriptor? RuleOf(Chain chain) => chain.Kind switch
    {
        "After" when !chain.Has("Expect") && !chain.Has("Or") => Rules.FlowExpectsNothing,
        "After" when chain.Has("ElseRaise") && !chain.Has("Within") => Rules.FlowRaisesWithoutDeadline,
        "StartsWith" or "Event" when !chain.Has("UndoneBy") && !chain.Has("NothingToUndo") => Rules.FlowUndoMissing,
        _ => null,
    };
}
