using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Skald.Generators.Analysis;

/// <summary>A saga's definition as it can be read off its source: its steps in their order.</summary>
internal sealed record SagaReading(ImmutableArray<Chain> Steps, bool HasKey)
{
    private static readonly HashSet<string> OnBuilder = ["Step", "Pivot", "Retriable", "WaitFor", "Parallel", "Key", "Summary", "OnCancel", "StateChanged"];

    /// <returns>Null when some of it is decided elsewhere, or while it runs, or differs between versions.</returns>
    public static SagaReading? Of(ImmutableArray<IOperation> blocks, IParameterSymbol builder, SkaldTypes skald)
    {
        var calls = new List<IInvocationOperation>();
        foreach (var use in Uses(blocks.SelectMany(b => b.Descendants()), builder))
        {
            if (!Collect(use, skald, calls))
            {
                return null;
            }
        }

        ImmutableArray<Chain> steps = [.. calls.Where(c => c.TargetMethod.Name is "Step" or "Pivot" or "Retriable" or "WaitFor").OrderBy(c => c.Syntax.Span.End).Select(c => Chain.From(c, skald))];
        return steps.All(s => s.IsWhole && !s.Has("Since") && !s.Has("Until") && !s.Has("Formerly"))
            ? new SagaReading(steps, calls.Exists(c => c.TargetMethod.Name == "Key"))
            : null;
    }

    /// <summary>Whether a call begins a step other than a wait.</summary>
    public static bool IsStep(IInvocationOperation call, SkaldTypes skald) =>
        call.TargetMethod is { Name: "Step" or "Pivot" or "Retriable", ContainingType.Name: "SagaBuilder" or "ParallelBuilder" } method && skald.IsOurs(method);

    /// <summary>Whether a pivot stands before a step, as far as one method shows.</summary>
    public static bool HasPivotBefore(Chain step, SkaldTypes skald)
    {
        IOperation top = step.Root;
        while (top.Parent is { } parent)
        {
            top = parent;
        }

        return top.Descendants().OfType<IInvocationOperation>()
            .Any(c => c.TargetMethod.Name == "Pivot" && IsStep(c, skald) && c.Syntax.Span.End < step.Root.Syntax.Span.End);
    }

    private static bool Collect(IParameterReferenceOperation use, SkaldTypes skald, List<IInvocationOperation> calls)
    {
        if (use.Parent is not IInvocationOperation call || call.Instance != use || !skald.IsOurs(call.TargetMethod) || !OnBuilder.Contains(call.TargetMethod.Name) || !IsCertain(call))
        {
            return false;
        }

        calls.Add(call);
        return call.TargetMethod.Name != "Parallel" || call.Arguments is [{ Value: IDelegateCreationOperation { Target: IAnonymousFunctionOperation { Symbol.Parameters: [var parallel] } body } }]
            && Uses(body.Body.Descendants(), parallel).All(inner => Collect(inner, skald, calls));
    }

    private static IEnumerable<IParameterReferenceOperation> Uses(IEnumerable<IOperation> operations, IParameterSymbol builder) =>
        operations.OfType<IParameterReferenceOperation>().Where(r => SkaldTypes.Same(r.Parameter, builder));

    /// <summary>Whether it is called once, whatever happens: nothing lies between it and the method, or the lambda of Parallel, but statements.</summary>
    private static bool IsCertain(IInvocationOperation call)
    {
        for (var parent = call.Parent; parent is not null; parent = parent.Parent)
        {
            switch (parent)
            {
                case IBlockOperation or IExpressionStatementOperation or IInvocationOperation or IConversionOperation or IArgumentOperation or IMethodBodyOperation:
                    break;
                case IAnonymousFunctionOperation { Parent: IDelegateCreationOperation { Parent: IArgumentOperation { Parent: IInvocationOperation { TargetMethod.Name: "Parallel" } } } }:
                    break;
                case IDelegateCreationOperation:
                    break;
                default:
                    return false;
            }
        }

        return true;
    }
}
