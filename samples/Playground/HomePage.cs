using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Skald;

namespace Playground;

/// <summary>The page that says what runs here.</summary>
public static class HomePage
{
    /// <summary>Serves the page and its style sheet.</summary>
    public static void Map(IEndpointRouteBuilder routes, ProgramFacts facts)
    {
        ArgumentNullException.ThrowIfNull(routes);
        ArgumentNullException.ThrowIfNull(facts);
        routes.MapGet("/", async (HttpContext http) =>
        {
            // Paths are for those who sit before the machine.
            var data = http.RequestServices.GetRequiredService<EdgeOptions>().IsOpen ? "DATA" : facts.Settings.Data;
            var place = new Place(data, $"{http.Request.Scheme}://{http.Request.Host}");
            return Results.Content(await HtmlAsync(facts, place, http.RequestAborted), "text/html; charset=utf-8");
        });
        routes.MapGet("/playground.css", () => Results.Stream(
            // The resource is named in the project file.
            typeof(HomePage).Assembly.GetManifestResourceStream("playground.css")!, "text/css; charset=utf-8"));
    }

    private static async Task<string> HtmlAsync(ProgramFacts facts, Place place, CancellationToken cancellationToken)
    {
        var systems = new List<string>();
        foreach (var system in Systems.All)
        {
            systems.Add(await SystemHtmlAsync(system, facts, place, cancellationToken));
        }

        return $"""
            <!doctype html>
            <html lang="en">
            <head>
              <meta charset="utf-8">
              <meta name="viewport" content="width=device-width, initial-scale=1">
              <title>Skald Playground</title>
              <link rel="icon" href="data:,">
              <link rel="stylesheet" href="/playground.css">
            </head>
            <body>
              <header>
                <h1>Skald Playground</h1>
                <p>{facts.Modules.Count} services of {Systems.All.Count} systems run in this one process. Each has its own database and talks to the others by messages only.</p>
                <nav><a href="/health/live">Is it alive?</a> <a href="/health/ready">Is it ready?</a></nav>
              </header>
              <main>
                {string.Join("\n", systems)}
              </main>
              <footer>
                <dl>
                  <dt>Data</dt><dd><code>{Text(place.Data)}</code></dd>
                  <dt>Store</dt><dd>{Text(Kind(facts.Settings.Store))}</dd>
                  <dt>Broker</dt><dd>{Text(Kind(facts.Settings.Broker))}</dd>
                </dl>
                <p>A second Playground on the same data works beside this one: <code>dotnet run --project samples/Playground -- --urls http://127.0.0.1:5081 --data '{Text(place.Data)}'</code></p>
              </footer>
            </body>
            </html>
            """;
    }

    private static async Task<string> SystemHtmlAsync(PlaygroundSystem system, ProgramFacts facts, Place place, CancellationToken cancellationToken)
    {
        var rows = new List<string>();
        foreach (var module in facts.Modules.Where(m => m.System == system.Name))
        {
            rows.Add($"<tr><th scope=\"row\">{Text(module.Name)}</th><td>{await SagasAsync(facts.Services[module.FullName], cancellationToken)}</td>"
                + $"<td><a href=\"/{module.System}/{module.Name}/asyncapi\">AsyncAPI</a></td></tr>");
        }

        return $"""
            <section id="{system.Name}">
              <h2>{Text(system.Title)}</h2>
              <p>{Text(system.Story)}</p>
              <table>
                <thead><tr><th scope="col">Service</th><th scope="col">Sagas</th><th scope="col">Messages</th></tr></thead>
                <tbody>{string.Concat(rows)}</tbody>
              </table>
              <h3>Look</h3>
              <ul>{string.Concat(system.Links.Select(l => $"<li><a href=\"{l.Path}\">{Text(l.Text)}</a></li>"))}</ul>
              <h3>Try</h3>
              {string.Concat(system.Commands(place).Select(c => $"<pre>{Text(c)}</pre>"))}
            </section>
            """;
    }

    private static async Task<string> SagasAsync(SkaldService service, CancellationToken cancellationToken)
    {
        if (service.Plans.Count == 0)
        {
            return "takes part";
        }

        var counts = (await service.Operations.CountByStatusAsync(cancellationToken: cancellationToken)).OrderBy(c => c.Key);
        var text = string.Join(", ", counts.Select(c => $"{c.Value} {c.Key.Word()}"));
        return text.Length == 0 ? "none yet" : text;
    }

    /// <summary>Where it is, is nobody's business.</summary>
    private static string Kind(string address) => address.Split("://")[0];

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
