using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Simplification;
using Skald.Generators.Analysis;

namespace Skald.CodeFixes;

/// <summary>Gives a Handle method the form that is called.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
internal sealed class HandlerFix() : Fix(Ids.HandlesNothing, Ids.HandlerNeverCalled, Ids.WrongReply, Ids.HandlerNotAwaited)
{
    protected override IEnumerable<(string Title, SyntaxNode Old, SyntaxNode New)> Changes(SyntaxNode node, string id, SemanticModel model)
    {
        if (node.FirstAncestorOrSelf<MethodDeclarationSyntax>() is not { ParameterList.Parameters: [_, ..] } method
            || model.GetDeclaredSymbol(method) is not IMethodSymbol symbol)
        {
            yield break;
        }

        if (id == Ids.HandlerNotAwaited)
        {
            yield return ("Return Task", method.ReturnType, TypeNamed("global::System.Threading.Tasks.Task", method.ReturnType));
        }
        else if (id == Ids.WrongReply)
        {
            if (ReplyIn(method.ReturnType, symbol, model) is { } reply)
            {
                yield return ($"Return Reply<{reply}>", method, Answering(method, reply, model));
            }
        }
        else if (Called(method, symbol, model) is { } called)
        {
            yield return ("Handle it with its MessageContext", method, called);
        }
    }

    private static TypeSyntax TypeNamed(string name, TypeSyntax instead) => SyntaxFactory.ParseTypeName(name).WithTriviaFrom(instead).WithAdditionalAnnotations(Simplifier.Annotation);

    /// <summary>The reply's own type where it is returned, plainly or by an async method.</summary>
    private static TypeSyntax? ReplyIn(TypeSyntax type, IMethodSymbol method, SemanticModel model)
    {
        var reply = method.Parameters[0].Type.AllInterfaces.FirstOrDefault(i => i is { Name: "ICommand", TypeArguments.Length: 1, ContainingAssembly.Name: "Skald" })?.TypeArguments[0];
        var returned = method.IsAsync && type is GenericNameSyntax { TypeArgumentList.Arguments: [var result] } ? result : type;
        return reply is not null && SymbolEqualityComparer.Default.Equals(model.GetTypeInfo(returned).Type, reply) ? returned : null;
    }

    /// <summary>The method with a reply around its answer, which says its type from now on.</summary>
    private static MethodDeclarationSyntax Answering(MethodDeclarationSyntax method, TypeSyntax reply, SemanticModel model)
    {
        var answer = model.GetTypeInfo(reply).Type;
        var made = method.DescendantNodes().OfType<ImplicitObjectCreationExpressionSyntax>().Where(n => SymbolEqualityComparer.Default.Equals(model.GetTypeInfo(n).Type, answer));
        return method.ReplaceNodes(made.Cast<SyntaxNode>().Append(reply), (old, changed) => changed is ImplicitObjectCreationExpressionSyntax creation
            ? SyntaxFactory.ObjectCreationExpression(
                creation.NewKeyword.WithTrailingTrivia(SyntaxFactory.Space), reply.WithoutTrivia(), creation.ArgumentList, creation.Initializer).WithTriviaFrom(old)
            : TypeNamed($"global::Skald.Reply<{reply.WithoutTrivia()}>", reply));
    }

    /// <summary>The method with the message and the context; null when it takes what the context does not have.</summary>
    private static MethodDeclarationSyntax? Called(MethodDeclarationSyntax method, IMethodSymbol symbol, SemanticModel model)
    {
        var tokens = symbol.Parameters.Where(p => p.Type is { Name: "CancellationToken", ContainingNamespace.Name: "Threading" }).ToList();
        var contexts = symbol.Parameters.Where(p => p.Type is { Name: "MessageContext" or "StepContext", ContainingAssembly.Name: "Skald" }).ToList();
        if (1 + tokens.Count + contexts.Count != symbol.Parameters.Length || contexts.Count > 1)
        {
            return null;
        }

        var context = contexts.Count == 1 ? contexts[0].Name : symbol.Parameters[0].Name == "context" ? "call" : "context";
        var uses = method.DescendantNodes().OfType<IdentifierNameSyntax>().Where(name => tokens.Exists(t => SymbolEqualityComparer.Default.Equals(model.GetSymbolInfo(name).Symbol, t)));
        var changed = method.ReplaceNodes(uses, (use, _) => SyntaxFactory.ParseExpression(context + ".CancellationToken").WithTriviaFrom(use));
        var parameter = SyntaxFactory.Parameter(SyntaxFactory.Identifier(context)).WithType(SyntaxFactory.ParseTypeName("global::Skald.MessageContext ").WithAdditionalAnnotations(Simplifier.Annotation));
        return changed
            .WithParameterList(changed.ParameterList.WithParameters(SyntaxFactory.SeparatedList(
                [changed.ParameterList.Parameters[0], parameter], [SyntaxFactory.Token(SyntaxKind.CommaToken).WithTrailingTrivia(SyntaxFactory.Space)])))
            .WithModifiers(Public(changed.Modifiers));
    }

    private static SyntaxTokenList Public(SyntaxTokenList modifiers)
    {
        var kept = modifiers.Where(m => m.Kind() is not (SyntaxKind.StaticKeyword or SyntaxKind.PublicKeyword or SyntaxKind.InternalKeyword or SyntaxKind.PrivateKeyword or SyntaxKind.ProtectedKeyword));
        var @public = SyntaxFactory.Token(SyntaxKind.PublicKeyword).WithTrailingTrivia(SyntaxFactory.Space);
        return SyntaxFactory.TokenList([modifiers.Count > 0 ? @public.WithLeadingTrivia(modifiers[0].LeadingTrivia) : @public, .. kept]);
    }
}
