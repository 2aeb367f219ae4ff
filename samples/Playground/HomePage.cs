using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Skald;

namespace Playground;

/// <summary>The page that says what runs here.</summary>
public static class HomePage
{
    private const int LongestWhole = 30;

    /// <summary>Serves the page and its script.</summary>
    public static void Map(IEndpointRouteBuilder routes, ProgramFacts facts)
    {
        ArgumentNullException.ThrowIfNull(routes);
        ArgumentNullException.ThrowIfNull(facts);
        routes.MapGet("/", async (HttpContext http, EdgeOptions edge) =>
        {
            // Paths are for those who sit before the machine.
            var place = new Place(edge.IsOpen ? "DATA" : facts.Settings.Data, $"{http.Request.Scheme}://{http.Request.Host}{http.Request.PathBase}");
            var page = new SkaldPage("Skald Playground", await BodyAsync(facts, place, http.RequestAborted)) { Script = $"{http.Request.PathBase}/playground.js" };
            return page.Answer(http);
        });
        routes.MapSkaldDashboard();
        routes.MapGet("/playground.js", () => Results.Stream(
            // The resource is named in the project file.
            typeof(HomePage).Assembly.GetManifestResourceStream("playground.js")!, "text/javascript; charset=utf-8"));
    }

    private static async Task<string> BodyAsync(ProgramFacts facts, Place place, CancellationToken cancellationToken)
    {
        var systems = new List<string>();
        foreach (var system in Systems.All)
        {
            systems.Add(await SystemAsync(system, facts, place, cancellationToken));
        }

        return $"""
            <header class="top">
              <div>
                <h1>Skald Playground</h1>
                <p>{facts.Modules.Count} services of {Systems.All.Count} systems run in this one process. Each has its own database and talks to the others by messages only.</p>
                <nav class="links"><a href="/skald">Sagas, services and messages</a> <a href="/health/live">Is it alive?</a> <a href="/health/ready">Is it ready?</a></nav>
              </div>
            </header>
            <p id="news" class="visually-hidden" role="status"></p>
            <main class="systems">
            {string.Join("\n", systems)}
            </main>
            <footer>
              <dl class="facts">
                <dt>Data</dt><dd><code>{Text(place.Data)}</code></dd>
                <dt>Store</dt><dd>{Text(Kind(facts.Settings.Store))}</dd>
                <dt>Broker</dt><dd>{Text(Kind(facts.Settings.Broker))}</dd>
              </dl>
              <p>Commands are typed in the repository's folder.{Elsewhere(facts.Settings)}</p>
              <p>A second Playground on the same data works beside this one:</p>
              <pre>{Text($"dotnet run --project samples/Playground -- --urls http://127.0.0.1:5081 --data {Place.Quoted(place.Data)}")}</pre>
            </footer>
            """;
    }

    private static async Task<string> SystemAsync(PlaygroundSystem system, ProgramFacts facts, Place place, CancellationToken cancellationToken)
    {
        var rows = new List<string>();
        foreach (var module in facts.Modules.Where(m => m.System == system.Name))
        {
            rows.Add($"<tr><th scope=\"row\">{Text(module.Name)}</th><td data-label=\"Sagas\">{await SagasAsync(facts.Services[module.FullName], cancellationToken)}</td>"
                + $"<td><a href=\"/{module.System}/{module.Name}/asyncapi\">AsyncAPI</a></td></tr>");
        }

        var commands = system.Commands(place);
        var newest = await Newest.OfAsync(system, facts, cancellationToken);
        return $"""
            <section id="{system.Name}" class="card">
              <h2>{Text(system.Title)}</h2>
              <p>{Text(system.Story)}</p>
              <table>
                <thead><tr><th scope="col">Service</th><th scope="col">Sagas</th><th scope="col">Messages</th></tr></thead>
                <tbody>{string.Concat(rows)}</tbody>
              </table>
              <h3>Look</h3>
              <ul>{string.Concat(system.Links.Select(l => $"<li><a href=\"{l.Path}\">{Text(l.Text)}</a></li>"))}</ul>
              <h3>Try, one after another</h3>
              <ol class="commands">
              {string.Join("\n  ", (newest is null ? commands : [.. commands, system.Newest(place, newest)]).Select(Item))}
              </ol>
            </section>
            """;
    }

    private static string Item(Command command) =>
        $"<li><div class=\"does\"><span>{Text(command.Does)}</span><button type=\"button\" class=\"quiet small\" hidden>Copy</button></div><pre>{Shell(command.Text)}</pre></li>";

    /// <summary>Short words, such as options with their hyphens, are not broken.</summary>
    private static string Shell(string command) =>
        string.Join(' ', command.Split(' ').Select(word => word.Length <= LongestWhole ? $"<span class=\"whole\">{Text(word)}</span>" : Text(word)));

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

    /// <summary>Addresses hold passwords: whoever types the commands has them.</summary>
    private static string Elsewhere(SkaldSettings settings) => settings is { Store: "sqlite", Broker: "sqlite" } ? ""
        : " Their shell needs the <code>SKALD_STORE</code> and <code>SKALD_BROKER</code> of this process.";

    /// <summary>Where it is, is nobody's business.</summary>
    private static string Kind(string address) => address.Split("://")[0];

    private static string Text(string text) => SkaldPage.Text(text);
}
