using System.Net;
using Microsoft.AspNetCore.Http;

namespace Skald.ServiceHost;

/// <summary>Flows as a page for people. Ids and reasons are anybody's text: all of it is encoded, and no script is on the page.</summary>
internal static class FlowPage
{
    public static IResult List(HttpContext http, string path, IReadOnlyList<FlowView> flows, int limit) => new SkaldPage("Flows", $"""
        <header class="top">
          <div>
            <h1>Flows</h1>
            <p>{(flows.Count == 0 ? "There are none." : flows.Count == limit ? $"The first {limit}; <code>?status=stuck&amp;limit=1000</code> chooses others." : $"{flows.Count}, the stuck ones first.")}</p>
          </div>
        </header>
        {(flows.Count == 0 ? "" : Table(["Status", "Flow", "Id", "Waits for", "Until", "Started"], flows.Select(flow => Row(path, flow))))}
        """).Answer(http);

    public static IResult One(HttpContext http, string path, FlowDetails flow) => new SkaldPage($"Flow {flow.Id}", $"""
        <header class="top">
          <div>
            <nav class="links"><a href="{WebUtility.HtmlEncode(path)}">All flows</a></nav>
            <h1>{Text(flow.Id)}</h1>
            <p>{Badge(flow.Status ?? "kept elsewhere")} {Text(flow.Flow)}</p>
            {(flow.Reason is null ? "" : $"<p class=\"reason\">{Text(flow.Reason)}</p>")}
            {(flow.WaitsFor is null ? "" : $"<p>Waits for {Text(flow.WaitsFor)}{(flow.Due is null ? "" : $", until {Text(flow.Due)}")}.</p>")}
          </div>
        </header>
        {Table(["When", "Service", "What", "Event", "From, or why"], flow.Timeline.Select(moment => (string[])[Text(moment.At), Text(moment.Service), Text(moment.What), Text(moment.Event), Text(moment.Detail)]))}
        """).Answer(http);

    private static string[] Row(string path, FlowView flow) =>
        [Badge(flow.Status), Text(flow.Flow), $"<a href=\"{WebUtility.HtmlEncode(Link(path, flow.Id))}\">{Text(flow.Id)}</a>", Text(flow.WaitsFor), Text(flow.Due), Text(flow.StartedAt)];

    private static string Table(string[] columns, IEnumerable<string[]> rows) => $"""
        <main class="wide">
        <div class="card">
        <table>
        <thead><tr>{string.Concat(columns.Select(column => $"<th scope=\"col\">{column}</th>"))}</tr></thead>
        <tbody>
        {string.Join('\n', rows.Select(row => $"<tr>{string.Concat(row.Zip(columns, (cell, column) => $"<td data-label=\"{column}\">{cell}</td>"))}</tr>"))}
        </tbody>
        </table>
        </div>
        </main>
        """;

    private static string Badge(string status) => $"<span class=\"badge {status.Replace(' ', '-')}\">{status}</span>";

    /// <summary>Slashes stay: a server does not tell an encoded one from text.</summary>
    private static string Link(string path, string id) => $"{path}/{string.Join('/', id.Split('/').Select(Uri.EscapeDataString))}";

    private static string Text(DateTimeOffset? time) => time is { } at ? FormattableString.Invariant($"{at.UtcDateTime:yyyy-MM-dd HH:mm:ss.fff} UTC") : "";

    private static string Text(string? text) => SkaldPage.Text(text);
}
