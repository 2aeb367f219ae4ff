using System.Composition;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Skald.Generators.Analysis;

namespace Skald.CodeFixes;

/// <summary>Gives a message a wire name made from its type's: ORDER_PAID for an event, the service and a verb for a command.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
internal sealed class NameFix() : Fix(Ids.NameTaken)
{
    protected override IEnumerable<(string Title, SyntaxNode Old, SyntaxNode New)> Changes(SyntaxNode node, string id, SemanticModel model)
    {
        if (node.FirstAncestorOrSelf<AttributeArgumentSyntax>() is { NameEquals: null, Expression: LiteralExpressionSyntax literal } argument
            && argument.FirstAncestorOrSelf<TypeDeclarationSyntax>() is { } type)
        {
            var name = NameOf(type.Identifier.ValueText, literal.Token.ValueText);
            yield return ($"Name it '{name}'", literal, SyntaxFactory.LiteralExpression(SyntaxKind.StringLiteralExpression, SyntaxFactory.Literal(name)).WithTriviaFrom(literal));
        }
    }

    private static string NameOf(string type, string taken)
    {
        var words = Regex.Replace(type, "(?<=[a-z0-9])(?=[A-Z])", "-");
        var (name, joint) = !taken.Any(char.IsLower) ? (words.Replace('-', '_').ToUpperInvariant(), "_") : (taken.Substring(0, taken.LastIndexOf('.') + 1) + words.ToLowerInvariant(), "-");
        return name == taken ? $"{name}{joint}2" : name;
    }
}
