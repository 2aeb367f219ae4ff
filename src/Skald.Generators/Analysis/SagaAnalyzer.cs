using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Skald.Generators.Analysis;

/// <summary>What one step of a saga says of itself, and what all of them say together.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
internal sealed class SagaAnalyzer : DiagnosticAnalyzer
{
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } =
    [
        Rules.DuplicateStep, Rules.StepDoesNothing, Rules.CannotBeUndone, Rules.CompensatableAfterPivot, Rules.SeveralPivots, Rules.RetriableBeforePivot,
        Rules.RefusalUnanswered, Rules.UndoContradiction, Rules.ByKeyWithoutKey, Rules.DeadlineWithoutEffect, Rules.ReasonMissing,
    ];

    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterCompilationStartAction(start =>
        {
            if (SkaldTypes.Of(start.Compilation) is { } skald)
            {
                start.RegisterOperationAction(call => CheckCall((IInvocationOperation)call.Operation, skald, call.ReportDiagnostic), OperationKind.Invocation);
                start.RegisterOperationBlockAction(block => CheckDefinition(block, skald));
            }
        });
    }

    private static void CheckCall(IInvocationOperation call, SkaldTypes skald, Action<Diagnostic> report)
    {
        if (!skald.IsOurs(call.TargetMethod))
        {
            return;
        }

        if (call.TargetMethod.Name == "NothingToUndo" && call.Arguments is [{ Value: { ConstantValue: { HasValue: true, Value: string reason } } value }]
            && (string.IsNullOrWhiteSpace(reason) || reason.StartsWith(Placeholder.Begins, StringComparison.Ordinal)))
        {
            report(Diagnostic.Create(Rules.ReasonMissing, value.Syntax.GetLocation()));
        }

        if (SagaReading.IsStep(call, skald) && Chain.From(call, skald) is { IsWhole: true } step)
        {
            CheckStep(step, skald, report);
        }
    }

    private static void CheckStep(Chain step, SkaldTypes skald, Action<Diagnostic> report)
    {
        if (!step.Has("Send") && !step.Has("Do"))
        {
            report(Diagnostic.Create(Rules.StepDoesNothing, step.Where, step.Name));
            return;
        }

        var (undo, nothing) = (step.Has("Undo"), step.Has("NothingToUndo"));
        if (undo && nothing)
        {
            report(Diagnostic.Create(Rules.UndoContradiction, step.Where, step.Name));
        }

        switch (step.Kind)
        {
            // A step that only earlier versions have may be one that none is left of; after the pivot it has another mistake.
            case "Step" when !undo && !nothing && !step.Has("Until") && !SagaReading.HasPivotBefore(step, skald):
                report(Diagnostic.Create(Rules.CannotBeUndone, step.Where, step.Name));
                break;
            case "Pivot" when !undo && !nothing && step.Find("Within") is { } within:
                report(Diagnostic.Create(Rules.DeadlineWithoutEffect, Chain.CallOf(within), step.Name));
                break;
            case "Retriable" when step.Has("Send") && !step.Has("RetryRefused") && !step.Has("ParkIfRefused"):
                report(Diagnostic.Create(Rules.RefusalUnanswered, step.Where, step.Name));
                break;
        }
    }

    private static void CheckDefinition(OperationBlockAnalysisContext block, SkaldTypes skald)
    {
        if (block.OwningSymbol is not IMethodSymbol { Name: "Define", IsOverride: true, Parameters: [var builder] } method
            || SkaldTypes.BaseOf(method.ContainingType, skald.SagaOf) is null
            || SagaReading.Of(block.OperationBlocks, builder, skald) is not { } saga)
        {
            return;
        }

        var (names, pivots) = (new HashSet<string>(), 0);
        foreach (var step in saga.Steps)
        {
            if (step.ConstantName is { } name && !names.Add(name))
            {
                block.ReportDiagnostic(Diagnostic.Create(Rules.DuplicateStep, step.Where, name));
            }

            if (PlaceRule(step.Kind, pivots) is { } rule)
            {
                block.ReportDiagnostic(Diagnostic.Create(rule, step.Where, step.Name));
            }

            if (!saga.HasKey && step.Find("ByKey") is { } byKey)
            {
                block.ReportDiagnostic(Diagnostic.Create(Rules.ByKeyWithoutKey, Chain.CallOf(byKey), step.Name));
            }

            pivots += step.Kind == "Pivot" ? 1 : 0;
        }
    }

    private static DiagnosticDescriptor? PlaceRule(string kind, int pivotsBefore) => (kind, pivotsBefore) switch
    {
        ("Step", > 0) => Rules.CompensatableAfterPivot,
        ("Pivot", > 0) => Rules.SeveralPivots,
        ("Retriable", 0) => Rules.RetriableBeforePivot,
        _ => null,
    };
}
