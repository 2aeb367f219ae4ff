using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;

namespace Skald.Generators.Tests;

/// <summary>What an author is told, and when.</summary>
internal static class Told
{
    /// <summary>The rules say what is marked, and nothing else; the source compiles.</summary>
    public static async Task AtTyping(string text)
    {
        var marked = Marked.From(text);
        var compilation = Compiled.Of(marked.Source);
        Assert.Empty(Compiled.Errors(compilation));
        Assert.Equal(marked.Diagnostics, (await Compiled.DiagnosticsAsync(compilation)).Select(Compiled.Shown));
    }

    /// <summary>The rules say what is marked, and a service made of the same source does not start, for the same reasons.</summary>
    /// <param name="text">With <c>Service.Configure</c>.</param>
    public static async Task AtTypingAndAtStartUp(string text)
    {
        await AtTyping(text);
        var marked = Marked.From(text);
        var refused = await Assert.ThrowsAsync<SagaDefinitionException>(() => StartAsync(Compiled.Of(marked.Source), _ => Task.CompletedTask));
        Assert.NotEmpty(marked.Diagnostics);
        Assert.Equal(
            marked.Diagnostics.Select(d => d.Split(' ')[0]).Distinct().Order(StringComparer.Ordinal),
            refused.Problems.Select(p => p.Split(':')[0]).Distinct().Order(StringComparer.Ordinal));
    }

    /// <summary>The rules say what is marked, and a service made of the same source starts all the same.</summary>
    public static async Task AtTypingAlone(string text)
    {
        await AtTyping(text);
        await StartAsync(Compiled.Of(Marked.From(text).Source), _ => Task.CompletedTask);
    }

    public static async Task StartAsync(Compilation compilation, Func<(SkaldService Service, Assembly Assembly), Task> use)
    {
        var assembly = Compiled.Load(compilation);
        // Every source that is started has one.
        var configure = assembly.GetType("Service")!.GetMethod("Configure")!.CreateDelegate<Action<SkaldBuilder>>();
        await using var provider = new ServiceCollection().AddSkald("t.trips", configure).BuildServiceProvider();
        var services = provider.GetRequiredService<SkaldServices>();
        await services.ServeAsync(CancellationToken.None);
        try
        {
            await use((services["t.trips"], assembly));
        }
        finally
        {
            await services.StopAsync();
        }
    }
}
