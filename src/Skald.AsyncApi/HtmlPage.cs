using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Skald.Messaging;

namespace Skald.AsyncApi;

/// <summary>A document as one page: no script, nothing fetched, and every text encoded.</summary>
internal static class HtmlPage
{
    private static readonly string Style = ReadStyle();

    /// <summary>Only the page's own style sheet is allowed, known by its hash.</summary>
    public static readonly string Policy =
        $"default-src 'none'; img-src data:; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)))}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static string Of(JsonObject document, WireDescription? wire)
    {
        var html = new Html();
        var info = document["info"]!.AsObject(); // Every document has it.
        html.Raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
            .Raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
            .Raw("<link rel=\"icon\" href=\"data:,\">\n")
            .Raw("<title>").Text(Html.Of(info, "title")).Raw("</title>\n<style>").Raw(Style).Raw("</style>\n</head>\n<body>\n");
        Header(html, info);
        html.Raw("<div class=\"columns\">\n");
        Contents(html, document, hasEnvelope: wire is not null);
        html.Raw("<main>\n");
        new HtmlSections(document, wire, html).Write();
        return html.Raw("</main>\n</div>\n</body>\n</html>\n").ToString();
    }

    private static void Header(Html html, JsonObject info)
    {
        html.Raw("<header class=\"top\">\n<div>").Element("h1", Html.Of(info, "title"))
            .Raw("<p>").Code(Html.Of(info, "x-service")).Text($" version {Html.Of(info, "version")}, AsyncAPI 3.0.0")
            .Raw("</p>\n<p class=\"links\"><a href=\"asyncapi.json\">JSON</a> <a href=\"asyncapi.yaml\">YAML</a></p>\n")
            .Element("p", Html.Of(info, "description")).Raw("</div>\n</header>\n");
    }

    private static void Contents(Html html, JsonObject document, bool hasEnvelope)
    {
        html.Raw("<nav class=\"contents\" aria-label=\"Contents\">\n");
        if (document.ContainsKey("x-sagas"))
        {
            html.Element("h2", "Plans").Raw("<ul><li>").Link("#sagas", "Sagas").Raw("</li></ul>\n");
        }

        foreach (var (title, action) in (ReadOnlySpan<(string, string)>)[("Sends", "send"), ("Receives", "receive")])
        {
            var operations = Operations(document, action).ToList();
            if (operations.Count > 0)
            {
                html.Element("h2", title).Raw("<ul>");
                operations.ForEach(o => html.Raw("<li>").Link($"#operation-{o.Key}", Html.Of(o.Value, "title")).Raw("</li>"));
                html.Raw("</ul>\n");
            }
        }

        html.Element("h2", "More").Raw("<ul><li>").Link("#channels", "Channels").Raw("</li><li>");
        if (hasEnvelope)
        {
            html.Link("#envelope", "Envelope").Raw("</li><li>");
        }

        html.Link("#schemas", "Schemas").Raw("</li></ul>\n</nav>\n");
    }

    /// <summary>The operations of one direction, by key.</summary>
    public static IEnumerable<(string Key, JsonObject Value)> Operations(JsonObject document, string action) => document["operations"]!.AsObject()
        .Where(o => Html.Of(o.Value, "action") == action)
        .Select(o => (o.Key, o.Value!.AsObject())); // Operations are objects.

    private static string ReadStyle()
    {
        // The resource is named in the project file.
        using var reader = new StreamReader(typeof(HtmlPage).Assembly.GetManifestResourceStream("skald.css")!);
        // Browsers see line feeds, whatever the file has, and hash those.
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
