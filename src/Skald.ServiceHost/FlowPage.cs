using System.Net;
using Microsoft.AspNetCore.Http;

namespace Skald.ServiceHost;

/// <summary>Flows as a page for people. Ids and reasons are anybody's text: all of it is encoded, and no script may run.</summary>
internal static class FlowPage
{
    private const string Style = """
        :root { color-scheme: light dark; }
        body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1.5rem; }
        table { border-collapse: collapse; width: 100%; }
        th, td { border-bottom: 1px solid light-dark(#dde2e8, #2d3541); padding: .35rem .8rem .35rem 0; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
        th { color: light-dark(#5b6675, #9aa6b5); font-weight: normal; }
        .stuck { color: light-dark(#b3261e, #ff8a80); font-weight: 600; }
        .running { color: light-dark(#1d5fa8, #7db5f0); }
        """;

    private static readonly string Policy = PagePolicy.WithStyle(Style);

    public static IResult List(HttpContext http, string path, IReadOnlyList<FlowView> flows, int limit) => Page(http, "Flows", $"""
        <h1>Flows</h1>
        <p>{(flows.Count == 0 ? "There are none." : flows.Count == limit ? $"The first {limit}; <code>?status=stuck&amp;limit=1000</code> chooses others." : $"{flows.Count}, the stuck ones first.")}</p>
        <table>
        <thead><tr><th>Status</th><th>Flow</th><th>Id</th><th>Waits for</th><th>Until</th><th>Started</th></tr></thead>
        <tbody>
        {string.Join('\n', flows.Select(f => Row($"<span class=\"{Text(f.Status)}\">{Text(f.Status)}</span>", Text(f.Flow), $"<a href=\"{Text(Link(path, f.Id))}\">{Text(f.Id)}</a>", Text(f.WaitsFor), Text(f.Due), Text(f.StartedAt))))}
        </tbody>
        </table>
        """);

    public static IResult One(HttpContext http, string path, FlowDetails flow) => Page(http, $"Flow {flow.Id}", $"""
        <p><a href="{Text(path)}">All flows</a></p>
        <h1>{Text(flow.Id)}</h1>
        <p><span class="{Text(flow.Status)}">{Text(flow.Status ?? "kept elsewhere")}</span>, {Text(flow.Flow)}</p>
        {(flow.Reason is null ? "" : $"<p>{Text(flow.Reason)}</p>")}
        {(flow.WaitsFor is null ? "" : $"<p>Waits for {Text(flow.WaitsFor)}{(flow.Due is null ? "" : $", until {Text(flow.Due)}")}.</p>")}
        <table>
        <thead><tr><th>When</th><th>Service</th><th>What</th><th>Event</th><th>From, or why</th></tr></thead>
        <tbody>
        {string.Join('\n', flow.Timeline.Select(m => Row(Text(m.At), Text(m.Service), Text(m.What), Text(m.Event), Text(m.Detail))))}
        </tbody>
        </table>
        """);

    private static IResult Page(HttpContext http, string title, string body)
    {
        http.Response.Headers.ContentSecurityPolicy = Policy;
        return Results.Content($"""
            <!doctype html>
            <html lang="en">
            <head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{Text(title)}</title><style>{Style}</style></head>
            <body>
            {body}
            </body>
            </html>
            """, "text/html; charset=utf-8");
    }

    private static string Row(params string[] cells) => $"<tr>{string.Concat(cells.Select(c => $"<td>{c}</td>"))}</tr>";

    /// <summary>Slashes stay: a server does not tell an encoded one from text.</summary>
    private static string Link(string path, string id) => $"{path}/{string.Join('/', id.Split('/').Select(Uri.EscapeDataString))}";

    private static string Text(DateTimeOffset? time) => time is { } at ? FormattableString.Invariant($"{at.UtcDateTime:yyyy-MM-dd HH:mm:ss.fff} UTC") : "";

    private static string Text(string? text) => WebUtility.HtmlEncode(text ?? "");
}
