using System.Collections.Immutable;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Skald.Generators.Generation;

/// <summary>
/// Writes what Skald would else find by reflection when it starts: the contracts of messages, how handlers are called, and how messages and states are written as JSON.
/// With it a service can be trimmed and compiled ahead of time. What it cannot write it leaves to reflection, or to the author's own JSON context.
/// </summary>
[Generator]
public sealed class SkaldGenerator : IIncrementalGenerator
{
    private const string Marker = "Skald.Messaging.Generated.GeneratedCode";

    // Whose type arguments, as a base, are stored: states.
    private static readonly string[] Definitions = ["Skald.Saga`1", "Skald.Aggregate`1"];

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var messages = Attributed(context, MessageReader.Command).Collect().Combine(Attributed(context, MessageReader.Event).Collect()).Select((both, _) => both.Left.AddRange(both.Right));
        var classes = context.SyntaxProvider.CreateSyntaxProvider(
            static (node, _) => node is ClassDeclarationSyntax or RecordDeclarationSyntax && node is TypeDeclarationSyntax { BaseList: not null } or TypeDeclarationSyntax { Members.Count: > 0 },
            static (found, cancellationToken) => found.SemanticModel.GetDeclaredSymbol(found.Node, cancellationToken) is INamedTypeSymbol type ? FindIn(type, found.SemanticModel.Compilation) : null)
            .Where(found => found is not null);
        var answers = context.SyntaxProvider.CreateSyntaxProvider(
            static (node, _) => node is InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax { Name.Identifier.ValueText: "ExecuteAsync" } },
            static (found, cancellationToken) => AnswerOf(found, cancellationToken))
            .Where(found => found is not null);
        var assembly = context.CompilationProvider.Select((compilation, _) => compilation.GetTypeByMetadataName(Marker) is null ? null : compilation.AssemblyName ?? "");
        context.RegisterSourceOutput(
            messages.Combine(classes.Collect()).Combine(answers.Collect()).Combine(assembly),
            static (output, found) => Write(output, found.Right, [.. found.Left.Left.Left, .. found.Left.Left.Right.OfType<Found>(), .. found.Left.Right.OfType<Found>()]));
    }

    private static IncrementalValuesProvider<Found> Attributed(IncrementalGeneratorInitializationContext context, string attribute) => context.SyntaxProvider.ForAttributeWithMetadataName(
        attribute,
        static (node, _) => node is TypeDeclarationSyntax,
        static (found, _) =>
        {
            var (type, compilation) = ((INamedTypeSymbol)found.TargetSymbol, found.SemanticModel.Compilation);
            return new Found(MessageReader.Read(type, compilation), null, JsonReader.Read([type, .. MessageReader.Replies(type)], compilation));
        });

    private static Found? FindIn(INamedTypeSymbol type, Compilation compilation)
    {
        var handlers = HandlerReader.Read(type, compilation);
        List<ITypeSymbol> stored = [.. type.AndBases().Where(b => Definitions.Contains(b.MetadataName())).Select(b => b.TypeArguments[0])];
        if (type.AndBases().Skip(1).Any(b => b.IsFrom("Skald.Refusal")) && !type.IsAbstract)
        {
            stored.Add(type);
        }

        if (handlers is not null)
        {
            var messages = HandlerReader.Messages(type).ToList();
            stored.AddRange([.. messages, .. messages.SelectMany(MessageReader.Replies)]);
        }

        return handlers is null && stored.Count == 0 ? null : new Found(null, handlers, JsonReader.Read(stored, compilation));
    }

    /// <summary>What a request is answered is stored with its key.</summary>
    private static Found? AnswerOf(GeneratorSyntaxContext found, CancellationToken cancellationToken) =>
        found.SemanticModel.GetSymbolInfo(found.Node, cancellationToken).Symbol is IMethodSymbol { TypeArguments: [var answer, ..] } method && method.ContainingType.IsFrom("Skald.SkaldService")
            ? new Found(null, null, JsonReader.Read([answer], found.SemanticModel.Compilation)) : null;

    private static void Write(SourceProductionContext output, string? assembly, ImmutableArray<Found> found)
    {
        List<MessageModel> messages = [.. found.Select(f => f.Message).OfType<MessageModel>().Distinct().OrderBy(m => m.Type, StringComparer.Ordinal)];
        List<HandlersModel> handlers = [.. found.Select(f => f.Handlers).OfType<HandlersModel>().Distinct().OrderBy(h => h.Type, StringComparer.Ordinal)];
        List<JsonModel> types = [.. found.SelectMany(f => f.Types).GroupBy(t => t.Type).Select(same => same.First()).OrderBy(t => t.Type, StringComparer.Ordinal)];
        if (assembly is null || (messages.Count == 0 && handlers.Count == 0 && types.Count == 0))
        {
            return;
        }

        var code = new StringBuilder("""
            // <auto-generated/>
            #pragma warning disable
            #nullable disable

            namespace Skald.Generated.Of
            """).Append(Space(assembly)).Append("""

            {
                /// <summary>Says, when the assembly is loaded, what was found when it was compiled.</summary>
                internal static class Everything
                {
                    [global::System.Runtime.CompilerServices.ModuleInitializer]
                    internal static void Add()
                    {

            """);
        foreach (var message in messages)
        {
            code.AppendLine($"            global::{Marker}.AddMessage(new global::Skald.Messaging.MessageContract(typeof({message.Type}), {Literals.Of(message.Name)}, {Literals.Of(message.To)}, {Literals.Of(message.ReplyName)}, {Literals.Of(message.RefusalName)}, {(message.ReplyType is null ? "null" : $"typeof({message.ReplyType})")}, {Literals.Of(message.Topic)}));");
        }

        foreach (var type in handlers)
        {
            code.AppendLine($"            global::{Marker}.AddHandlers<{type.Type}>(static list =>").AppendLine("            {");
            foreach (var call in type.Calls)
            {
                code.AppendLine($"                list.{call};");
            }

            code.AppendLine("            });");
        }

        code.AppendLine($"            global::{Marker}.AddJson(new Json());").AppendLine("        }").AppendLine("    }");
        JsonWriter.Write(code, types);
        output.AddSource("Skald.g.cs", code.AppendLine("}").ToString());
    }

    /// <summary>A namespace of the assembly's own, so that what two assemblies let each other see does not clash.</summary>
    private static string Space(string assembly) => string.Concat(assembly.Select(c => char.IsLetterOrDigit(c) ? c : '_'));

    /// <summary>What one place of the code brings.</summary>
    private sealed record Found(MessageModel? Message, HandlersModel? Handlers, EquatableArray<JsonModel> Types);
}
