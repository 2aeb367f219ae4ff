using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Skald.Generators.Analysis;

namespace Skald.CodeFixes;

/// <summary>Lets a state's property be set when the state is made, and not after.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
internal sealed class StateFix() : Fix(Ids.StateCanChange)
{
    protected override IEnumerable<(string Title, SyntaxNode Old, SyntaxNode New)> Changes(SyntaxNode node, string id, SemanticModel model)
    {
        if (node.FirstAncestorOrSelf<PropertyDeclarationSyntax>()?.AccessorList?.Accessors.FirstOrDefault(a => a.IsKind(SyntaxKind.SetAccessorDeclaration)) is { } set)
        {
            // A setter that was kept from others was for changes in place; JSON could not have read it either.
            var init = SyntaxFactory.AccessorDeclaration(
                SyntaxKind.InitAccessorDeclaration, set.AttributeLists, default, SyntaxFactory.Token(SyntaxKind.InitKeyword), set.Body, set.ExpressionBody, set.SemicolonToken);
            yield return ("Use init", set, init.WithTriviaFrom(set));
        }
    }
}
