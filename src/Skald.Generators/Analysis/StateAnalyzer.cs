using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Skald.Generators.Analysis;

/// <summary>States of sagas and aggregates that can be changed in place. The engine remembers those of aggregates, and believes them to be what is stored.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
internal sealed class StateAnalyzer : DiagnosticAnalyzer
{
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [Rules.StateCanChange];

    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterCompilationStartAction(start =>
        {
            if (SkaldTypes.Of(start.Compilation) is { } skald)
            {
                var states = new Lazy<HashSet<ITypeSymbol>>(() => StateTypes.Of(start.Compilation, skald, start.CancellationToken));
                start.RegisterSymbolAction(type => Check(type, states), SymbolKind.NamedType);
            }
        });
    }

    private static void Check(SymbolAnalysisContext context, Lazy<HashSet<ITypeSymbol>> states)
    {
        var type = (INamedTypeSymbol)context.Symbol;
        if (!states.Value.Contains(type))
        {
            return;
        }

        foreach (var member in type.GetMembers().Where(m => !m.IsStatic))
        {
            if (WhyChangeable(member) is { } why)
            {
                context.ReportDiagnostic(Diagnostic.Create(Rules.StateCanChange, member.Locations[0], member.Name, type.Name, why));
            }
        }
    }

    private static string? WhyChangeable(ISymbol member) => member switch
    {
        IPropertySymbol { IsIndexer: true } => null,
        // A struct is changed in a copy.
        IPropertySymbol { SetMethod.IsInitOnly: false, ContainingType.IsValueType: false } => "it has a set. Use init, and make the next state with a with expression.",
        IPropertySymbol property when StateTypes.IsChangeableCollection(property.Type) => $"it is a {property.Type.Name}. Use an immutable or read-only collection, such as ImmutableArray<T>.",
        IFieldSymbol { IsConst: false, IsReadOnly: false, IsImplicitlyDeclared: false, ContainingType.IsValueType: false } => "it is a field that is not readonly. Use a property with init.",
        _ => null,
    };
}
