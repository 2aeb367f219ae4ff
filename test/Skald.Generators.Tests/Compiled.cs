using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.Loader;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Skald.Generators.Analysis;

namespace Skald.Generators.Tests;

/// <summary>Source that is compiled as a project with Skald would be.</summary>
internal static class Compiled
{
    /// <summary>Messages and a state, for all tests.</summary>
    public const string Prelude = """
        global using System;
        global using System.Collections.Generic;
        global using System.Linq;
        global using System.Threading;
        global using System.Threading.Tasks;
        global using Skald;

        [Command("seats.reserve", To = "seats")]
        public sealed record ReserveSeat(string Trip) : ICommand<SeatReserved>;

        public sealed record SeatReserved(string Seat);

        [Command("seats.release", To = "seats")]
        public sealed record ReleaseSeat(string Trip) : ICommand<Done>;

        [Event("TRIP_APPROVED")]
        public sealed record TripApproved(string By) : IEvent;

        [Event("TRIP_ENDED")]
        public sealed record TripEnded(string By) : IEvent;

        public sealed record Trip(string Id);
        """;

    public static readonly CSharpParseOptions Language = new(LanguageVersion.Preview);

    public static readonly CSharpCompilationOptions Options = new(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable);

    // Set by every .NET host.
    public static readonly ImmutableArray<MetadataReference> References =
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(path => MetadataReference.CreateFromFile(path))];

    public static readonly ImmutableArray<DiagnosticAnalyzer> Analyzers =
        [.. typeof(SagaAnalyzer).Assembly.GetTypes().Where(t => t.IsDefined(typeof(DiagnosticAnalyzerAttribute))).Select(t => (DiagnosticAnalyzer)Activator.CreateInstance(t)!)]; // They are classes.

    public static CSharpCompilation Of(string source) => CSharpCompilation.Create(
        "Trips", [CSharpSyntaxTree.ParseText(source, Language, "Trips.cs"), CSharpSyntaxTree.ParseText(Prelude, Language, "Prelude.cs")], References, Options);

    /// <summary>What the rules say of it, in the order of the places; what they throw is among it.</summary>
    public static async Task<IReadOnlyList<Diagnostic>> DiagnosticsAsync(Compilation compilation)
    {
        var said = await compilation.WithAnalyzers(Analyzers).GetAnalyzerDiagnosticsAsync();
        return [.. said.OrderBy(d => d.Location.SourceSpan.Start).ThenBy(d => d.Id, StringComparer.Ordinal)];
    }

    public static string Shown(Diagnostic diagnostic) => diagnostic.Location.SourceTree is { } tree
        ? Marked.Shown(diagnostic.Id, diagnostic.Location.SourceSpan.Start, tree.ToString().Substring(diagnostic.Location.SourceSpan.Start, diagnostic.Location.SourceSpan.Length))
        : diagnostic.ToString();

    /// <summary>The compiler's own errors.</summary>
    public static IEnumerable<string> Errors(Compilation compilation) =>
        compilation.GetDiagnostics().Where(d => d.Severity == DiagnosticSeverity.Error).Select(d => d.ToString());

    /// <summary>The compiled assembly, loaded.</summary>
    public static Assembly Load(Compilation compilation)
    {
        using var dll = new MemoryStream();
        var emitted = compilation.Emit(dll);
        Assert.True(emitted.Success, string.Join('\n', emitted.Diagnostics));
        dll.Position = 0;
        return new AssemblyLoadContext(name: null, isCollectible: true).LoadFromStream(dll);
    }
}
