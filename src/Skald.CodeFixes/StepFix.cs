using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Skald.Generators.Analysis;

namespace Skald.CodeFixes;

/// <summary>Says what happens after a refusal that comes too late, and when a person is asked instead of a deadline that has no effect.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
internal sealed class StepFix() : Fix(Ids.RefusalUnanswered, Ids.DeadlineWithoutEffect)
{
    protected override IEnumerable<(string Title, SyntaxNode Old, SyntaxNode New)> Changes(SyntaxNode node, string id, SemanticModel model)
    {
        if (id == Ids.RefusalUnanswered && SentenceAt(node) is { } sentence)
        {
            yield return ("Ask a person when it is refused", sentence, Continued(sentence, "ParkIfRefused()"));
        }
        else if (id == Ids.DeadlineWithoutEffect && node.FirstAncestorOrSelf<InvocationExpressionSyntax>()?.Expression is MemberAccessExpressionSyntax { Name: var within })
        {
            yield return ("Ask a person when it takes longer", within, SyntaxFactory.IdentifierName("ParkAfter").WithTriviaFrom(within));
        }
    }
}
