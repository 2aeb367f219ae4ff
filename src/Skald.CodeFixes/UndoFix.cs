using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Skald.Generators.Analysis;

namespace Skald.CodeFixes;

/// <summary>
/// Adds a way back, or the word that none is needed. Both have to be finished: the command does not exist yet, and a rule asks for the reason until there is one.
/// </summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
internal sealed class UndoFix() : Fix(Ids.CannotBeUndone, Ids.FlowUndoMissing)
{
    protected override IEnumerable<(string Title, SyntaxNode Old, SyntaxNode New)> Changes(SyntaxNode node, string id, SemanticModel model)
    {
        if (SentenceAt(node) is not { } sentence)
        {
            yield break;
        }

        if (id == Ids.CannotBeUndone)
        {
            yield return ("Undo it", sentence, Continued(sentence, UndoOf(sentence, model)));
        }

        yield return ("Say that there is nothing to undo", sentence, Continued(sentence, $"NothingToUndo(\"{Placeholder.Reason}\")"));
    }

    /// <summary>A call that names what there is not yet, so that nothing compiles that does not undo.</summary>
    private static string UndoOf(InvocationExpressionSyntax sentence, SemanticModel model)
    {
        var send = sentence.DescendantNodesAndSelf().OfType<InvocationExpressionSyntax>()
            .Select(call => model.GetSymbolInfo(call).Symbol as IMethodSymbol)
            .FirstOrDefault(method => method is { Name: "Send", TypeArguments.Length: 1, ContainingAssembly.Name: "Skald" });
        return send is null ? "Undo((state, context) => UndoThis(state, context))" : $"Undo(state => new Undo{send.TypeArguments[0].Name}())";
    }
}
