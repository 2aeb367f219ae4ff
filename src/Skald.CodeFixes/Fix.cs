using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Skald.CodeFixes;

/// <summary>A fix that puts one piece of syntax in another's place.</summary>
internal abstract class Fix(params string[] ids) : CodeFixProvider
{
    public sealed override ImmutableArray<string> FixableDiagnosticIds { get; } = [.. ids];

    public sealed override FixAllProvider GetFixAllProvider() => WellKnownFixAllProviders.BatchFixer;

    public sealed override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        if (await context.Document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false) is not { } root
            || await context.Document.GetSemanticModelAsync(context.CancellationToken).ConfigureAwait(false) is not { } model)
        {
            return;
        }

        foreach (var diagnostic in context.Diagnostics)
        {
            var node = root.FindNode(diagnostic.Location.SourceSpan, getInnermostNodeForTie: true);
            foreach (var (title, old, @new) in Changes(node, diagnostic.Id, model))
            {
                context.RegisterCodeFix(
                    CodeAction.Create(title, _ => Task.FromResult(context.Document.WithSyntaxRoot(root.ReplaceNode(old, @new))), title), diagnostic);
            }
        }
    }

    /// <summary>What can be done about it.</summary>
    /// <param name="node">Where the diagnostic is.</param>
    /// <param name="id">Its id.</param>
    /// <param name="model">What the file means.</param>
    protected abstract IEnumerable<(string Title, SyntaxNode Old, SyntaxNode New)> Changes(SyntaxNode node, string id, SemanticModel model);

    /// <summary>The whole sentence that a call begins: what is called on it, and on that.</summary>
    protected static InvocationExpressionSyntax? SentenceAt(SyntaxNode node)
    {
        // Strings have invocations around them, too: the sentence is of statements' making.
        var top = node.FirstAncestorOrSelf<InvocationExpressionSyntax>();
        while (top?.Parent is MemberAccessExpressionSyntax { Parent: InvocationExpressionSyntax above })
        {
            top = above;
        }

        return top;
    }

    /// <summary>A sentence with one more call, on a line of its own if the last one is.</summary>
    protected static InvocationExpressionSyntax Continued(InvocationExpressionSyntax sentence, string call)
    {
        var added = (InvocationExpressionSyntax)SyntaxFactory.ParseExpression("_." + call);
        var dot = ((MemberAccessExpressionSyntax)added.Expression).OperatorToken;
        var said = sentence.WithoutTrailingTrivia();
        if (sentence.Expression is MemberAccessExpressionSyntax { OperatorToken: var last } && last.LeadingTrivia.Any(SyntaxKind.WhitespaceTrivia))
        {
            (said, dot) = (said.WithTrailingTrivia(SyntaxFactory.ElasticEndOfLine("\n")), dot.WithLeadingTrivia(last.LeadingTrivia.Where(t => t.IsKind(SyntaxKind.WhitespaceTrivia))));
        }

        return added.WithExpression(((MemberAccessExpressionSyntax)added.Expression).WithExpression(said).WithOperatorToken(dot)).WithTrailingTrivia(sentence.GetTrailingTrivia());
    }
}
