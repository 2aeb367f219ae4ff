using Microsoft.Playwright;

namespace Skald.Dashboard.Tests;

/// <summary>Looks for what keeps people out: axe-core, as it comes from npm.</summary>
internal static class Axe
{
    private static readonly string Script = Read();

    /// <summary>What is serious or critical, with the element.</summary>
    public static async Task<string[]> FindAsync(IPage page)
    {
        // The page's policy lets no script in; a debugger's is none of the page's.
        await page.EvaluateAsync(Script);
        return await page.EvaluateAsync<string[]>("""
            async () => (await axe.run(document, { resultTypes: ['violations'] })).violations
              .filter(v => v.impact === 'serious' || v.impact === 'critical')
              .flatMap(v => v.nodes.map(n => `${v.id}: ${n.html.slice(0, 160)} (${(n.any[0] ?? n.all[0] ?? n.none[0])?.message ?? ''})`))
            """);
    }

    private static string Read()
    {
        // The resource is named in the project file.
        using var reader = new StreamReader(typeof(Axe).Assembly.GetManifestResourceStream("axe.min.js")!);
        return reader.ReadToEnd();
    }
}
