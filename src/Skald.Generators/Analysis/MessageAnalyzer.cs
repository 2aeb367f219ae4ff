using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Skald.Generators.Analysis;

/// <summary>Types where a definition uses them as messages, and the wire names of those that are declared here.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
internal sealed class MessageAnalyzer : DiagnosticAnalyzer
{
    /// <summary>Whose generic methods take messages.</summary>
    private static readonly HashSet<string> Definers =
    [
        "SagaBuilder", "ParallelBuilder", "IParallelStart", "IStepStart", "IRetriableStart", "ICompensatableStep", "IRetriableStep", "IRemovedStep", "IWait",
        "FlowBuilder", "FlowEventBuilder", "FlowRuleBuilder", "AggregateBuilder", "SkaldBuilder",
    ];

    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } =
    [
        Rules.MessageWithoutName, Rules.CommandWithoutService, Rules.CommandWithoutReply, Rules.NotOneType, Rules.NameOfItsBase, Rules.CommandOrEvent, Rules.TwoReplies, Rules.NameTaken,
    ];

    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterCompilationStartAction(start =>
        {
            if (SkaldTypes.Of(start.Compilation) is not { } skald)
            {
                return;
            }

            var names = new Lazy<WireNames>(() => WireNames.Of(start.Compilation.Assembly, skald));
            start.RegisterOperationAction(call => CheckUse(call, skald), OperationKind.Invocation);
            start.RegisterSymbolAction(type => CheckName(type, names), SymbolKind.NamedType);
        });
    }

    private static void CheckUse(OperationAnalysisContext context, SkaldTypes skald)
    {
        var call = (IInvocationOperation)context.Operation;
        if (!call.TargetMethod.IsGenericMethod || !Definers.Contains(call.TargetMethod.ContainingType.Name) || !skald.IsOurs(call.TargetMethod))
        {
            return;
        }

        for (var i = 0; i < call.TargetMethod.TypeArguments.Length; i++)
        {
            var type = call.TargetMethod.TypeArguments[i];
            if ((skald.IsCommand(type) || skald.IsEvent(type)) && MessageContracts.ProblemOf(type, skald, PlaceOf(call, i)) is { } problem)
            {
                context.ReportDiagnostic(problem);
            }
        }
    }

    /// <summary>The type argument where it is written, else the method's name.</summary>
    private static Location PlaceOf(IInvocationOperation call, int argument) => call.Syntax is InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax { Name: var name } }
        ? name is GenericNameSyntax generic ? generic.TypeArgumentList.Arguments[argument].GetLocation() : name.GetLocation()
        : call.Syntax.GetLocation();

    private static void CheckName(SymbolAnalysisContext context, Lazy<WireNames> names)
    {
        foreach (var (name, where, other) in names.Value.TakenTwice((INamedTypeSymbol)context.Symbol, context.CancellationToken))
        {
            context.ReportDiagnostic(Diagnostic.Create(Rules.NameTaken, where, name, other));
        }
    }
}
