using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using Microsoft.CodeAnalysis.Text;

namespace Skald.Generators.Analysis;

/// <summary>A sentence of a definition: <c>saga.Step("...")</c> and what is called on it, one after the other.</summary>
/// <param name="Root">Its first call.</param>
/// <param name="Calls">What follows.</param>
/// <param name="IsWhole">Whether that is all: nothing else can add to it.</param>
internal sealed record Chain(IInvocationOperation Root, ImmutableArray<IInvocationOperation> Calls, bool IsWhole)
{
    public string Kind => Root.TargetMethod.Name;

    /// <summary>The name that it gives; null when it is not known before it runs.</summary>
    public string? ConstantName => Root.Arguments.IsEmpty ? null : Root.Arguments[0].Value.ConstantValue.Value as string;

    /// <summary>The name for people.</summary>
    public string Name => ConstantName ?? (Root.Arguments.IsEmpty ? Kind : Root.Arguments[0].Syntax.ToString());

    public bool Has(string method) => Find(method) is not null;

    public IInvocationOperation? Find(string method) => Calls.FirstOrDefault(c => c.TargetMethod.Name == method);

    public Location Where => CallOf(Root);

    public static Chain From(IInvocationOperation root, SkaldTypes skald)
    {
        var calls = ImmutableArray.CreateBuilder<IInvocationOperation>();
        IOperation last = root;
        while (Next(last) is { } call)
        {
            calls.Add(call);
            last = call;
        }

        return new Chain(root, calls.ToImmutable(), Above(last).Parent is IExpressionStatementOperation && calls.All(c => skald.IsOurs(c.TargetMethod)));
    }

    /// <summary>A call without what it is called on.</summary>
    public static Location CallOf(IInvocationOperation call) => call.Syntax is InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax member } invocation
        ? Location.Create(call.Syntax.SyntaxTree, TextSpan.FromBounds(member.Name.SpanStart, invocation.Span.End))
        : call.Syntax.GetLocation();

    private static IInvocationOperation? Next(IOperation operation)
    {
        var above = Above(operation);
        return above.Parent switch
        {
            IInvocationOperation call when call.Instance == above => call,
            IArgumentOperation { Parent: IInvocationOperation { TargetMethod.IsExtensionMethod: true } call } argument when call.Arguments[0] == argument => call,
            _ => null,
        };
    }

    /// <summary>A step's interface is converted to that of its reply on the way.</summary>
    private static IOperation Above(IOperation operation)
    {
        while (operation.Parent is IConversionOperation conversion)
        {
            operation = conversion;
        }

        return operation;
    }
}
