using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.Text;
using Skald.CodeFixes;

namespace Skald.Generators.Tests;

/// <summary>Source after a fix, as an editor applies it.</summary>
internal static class Fixed
{
    private static readonly IReadOnlyList<CodeFixProvider> Fixes =
        [.. typeof(Fix).Assembly.GetTypes().Where(t => t.IsDefined(typeof(ExportCodeFixProviderAttribute), inherit: false)).Select(t => (CodeFixProvider)Activator.CreateInstance(t)!)]; // They are classes.

    /// <summary>The fix of this title makes the one of the other, which compiles, and of which the rules say what is marked in it.</summary>
    public static async Task As(string title, string bad, string good)
    {
        Assert.Equal(Marked.From(good).Source, await TextAsync(title, bad));
        await Told.AtTyping(good);
    }

    /// <summary>What the fix of a title makes of the source in which a diagnostic is marked.</summary>
    public static async Task<string> TextAsync(string title, string bad)
    {
        var (document, actions) = await ActionsAsync(bad);
        var action = Assert.Single(actions, a => a.Title == title);
        var operations = await action.GetOperationsAsync(CancellationToken.None);
        var changed = Assert.IsType<ApplyChangesOperation>(Assert.Single(operations)).ChangedSolution.GetDocument(document.Id);
        return (await changed!.GetTextAsync()).ToString(); // A fix removes no file.
    }

    public static async Task<IReadOnlyList<string>> TitlesAsync(string bad) => [.. (await ActionsAsync(bad)).Actions.Select(a => a.Title)];

    private static async Task<(Document Document, IReadOnlyList<CodeAction> Actions)> ActionsAsync(string bad)
    {
        var marked = Marked.From(bad);
        var document = Open(marked.Source);
        // The project is there and is C#.
        var compilation = (await document.Project.GetCompilationAsync())!;
        var diagnostic = (await Compiled.DiagnosticsAsync(compilation)).First(d => Compiled.Shown(d) == Assert.Single(marked.Diagnostics));
        var actions = new List<CodeAction>();
        foreach (var fix in Fixes.Where(f => f.FixableDiagnosticIds.Contains(diagnostic.Id)))
        {
            await fix.RegisterCodeFixesAsync(new CodeFixContext(document, diagnostic, (action, _) => actions.Add(action), CancellationToken.None));
        }

        return (document, actions);
    }

    private static Document Open(string source)
    {
        var project = new AdhocWorkspace().AddProject("Trips", LanguageNames.CSharp)
            .WithParseOptions(Compiled.Language).WithCompilationOptions(Compiled.Options).WithMetadataReferences(Compiled.References)
            .AddDocument("Prelude.cs", Compiled.Prelude).Project;
        return project.AddDocument("Trips.cs", SourceText.From(source));
    }
}
