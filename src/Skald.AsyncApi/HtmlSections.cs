using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml;
using Skald.Messaging;

namespace Skald.AsyncApi;

/// <summary>The parts of the page that show operations, sagas, channels, the envelope and schemas.</summary>
internal sealed class HtmlSections(JsonObject document, WireDescription? wire, Html html)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly FieldTable _fields = new(document, html);

    public void Write()
    {
        Sagas();
        Operations("send", "Sends");
        Operations("receive", "Receives");
        Channels();
        Envelope();
        Schemas();
    }

    private void Operations(string action, string title)
    {
        var operations = HtmlPage.Operations(document, action).ToList();
        if (operations.Count == 0)
        {
            return;
        }

        html.Raw("<section>\n").Element("h2", title);
        foreach (var (key, operation) in operations)
        {
            html.Raw("<article id=\"operation-").Text(key).Raw("\">\n<h3>").Raw($"<span class=\"badge {action}\">{action}</span> ")
                .Breakable(Html.Of(operation, "title")).Raw("</h3>\n");
            html.Element("p", Html.Of(operation, "summary"));
            Steps(operation);
            var messages = Messages(operation["messages"]);
            Message(action == "send" ? "Message to" : "Message from", ChannelOf(operation), messages);
            Subscription(Html.Of(operation["x-subscription"], "queue"));
            Reply(operation, action);
            html.Raw("</article>\n");
        }

        html.Raw("</section>\n");
    }

    private void Subscription(string queue)
    {
        if (queue.Length > 0)
        {
            html.Raw("<p class=\"where\">Its copies wait in ").Code(queue).Raw("</p>\n");
        }
    }

    private void Reply(JsonObject operation, string action)
    {
        if (operation["reply"] is not JsonObject reply)
        {
            return;
        }

        var where = Html.Of(reply["address"], "location") is { Length: > 0 } ? "" : ChannelOf(reply);
        foreach (var message in Messages(reply["messages"]))
        {
            Message(action == "send" ? "Answer from" : where.Length > 0 ? "Answer to" : "Answer to the queue that the command names", where, [message]);
        }
    }

    private void Message(string caption, string where, IReadOnlyList<JsonObject> messages)
    {
        foreach (var message in messages)
        {
            var kind = message["traits"]![0]!["$ref"]!.GetValue<string>().Split('/')[^1]; // Every message has its kind's trait.
            html.Raw($"<div class=\"message {kind}\">\n<h4>").Code(Html.Of(message, "name")).Raw(" ")
                .Raw($"<span class=\"kind\">{kind}</span></h4>\n<p class=\"where\">").Text(caption + " ").Code(where).Raw("</p>\n");
            _fields.Write(message["payload"]!);
            html.Raw("</div>\n");
        }
    }

    private void Steps(JsonObject operation)
    {
        if (operation["x-saga-steps"] is not JsonArray steps)
        {
            return;
        }

        html.Raw("<ul class=\"steps\">");
        foreach (var step in steps)
        {
            html.Raw("<li>").Text(Html.Of(step, "purpose") switch { "undo" => "Undoes", "wait" => "Awaited by", _ => "Does" })
                .Raw(" step <strong>").Text(Html.Of(step, "step")).Raw("</strong> of saga ").Link("#sagas", Html.Of(step, "saga")).Raw("</li>");
        }

        html.Raw("</ul>\n");
    }

    private void Sagas()
    {
        if (document["x-sagas"] is not JsonArray sagas)
        {
            return;
        }

        html.Raw("<section id=\"sagas\">\n").Element("h2", "Sagas");
        foreach (var saga in sagas)
        {
            html.Raw("<article>").Element("h3", Html.Of(saga, "saga"))
                .Raw("<table><thead><tr><th>Step</th><th>Kind</th><th>Sends or waits for</th><th>Within</th><th>Undone by</th></tr></thead><tbody>\n");
            foreach (var step in saga!["steps"]!.AsArray()) // Written so by SagaFacts.
            {
                html.Raw("<tr><th scope=\"row\">").Text(Html.Of(step, "step")).Raw("</th><td data-label=\"Kind\">").Text(Html.Of(step, "kind")).Raw("</td><td data-label=\"Sends or waits for\">");
                Name(Html.Of(step, "sends") + Html.Of(step, "waitsFor"), "works here");
                html.Raw("</td><td data-label=\"Within\">").Text(Span(Html.Of(step, "within"))).Raw("</td><td data-label=\"Undone by\">");
                Undo(Html.Of(step, "undoneBy"), Html.Of(step, "nothingToUndo"));
                html.Raw("</td></tr>\n");
            }

            html.Raw("</tbody></table></article>\n");
        }

        html.Raw("</section>\n");
    }

    private static string Span(string duration)
    {
        if (duration.Length == 0)
        {
            return "";
        }

        var span = XmlConvert.ToTimeSpan(duration);
        return span < TimeSpan.FromMinutes(2) ? string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0.###} s") : span.ToString("c", CultureInfo.InvariantCulture);
    }

    private void Undo(string by, string reason)
    {
        if (by.Length > 0)
        {
            Name(by == "local" ? "" : by, "works here");
            return;
        }

        html.Text(reason.Length > 0 ? $"nothing to undo: {reason}" : "never");
    }

    private void Name(string name, string otherwise) => _ = name.Length > 0 ? html.Code(name) : html.Text(otherwise);

    private void Channels()
    {
        html.Raw("<section id=\"channels\">\n").Element("h2", "Channels");
        foreach (var (_, node) in document["channels"]!.AsObject())
        {
            html.Raw("<article>").Element("h3", Html.Of(node, "title")).Raw("<p class=\"where\">")
                .Code(Html.Of(node, "address")).Raw("</p>").Element("p", Html.Of(node, "description")).Raw("<ul class=\"names\">");
            foreach (var (_, message) in node!["messages"]!.AsObject())
            {
                html.Raw("<li>").Code(Html.Of(Resolve(message), "name")).Raw("</li>");
            }

            html.Raw("</ul>");
            if (wire is not null && node["bindings"] is { } bindings)
            {
                var field = AsyncApi.Channels.ProductField(wire);
                Details(wire.Product, new JsonObject { ["bindings"] = bindings.DeepClone(), [field] = node[field]?.DeepClone() });
            }

            html.Raw("</article>\n");
        }

        Servers();
        html.Raw("</section>\n");
    }

    private void Servers()
    {
        foreach (var (name, server) in document["servers"]?.AsObject() ?? [])
        {
            html.Raw("<article>").Element("h3", $"Server {name}").Raw("<p class=\"where\"><code>")
                .Text($"{Html.Of(server, "protocol")}://{Html.Of(server, "host")}{Html.Of(server, "pathname")}").Raw("</code></p></article>\n");
        }
    }

    private void Envelope()
    {
        if (wire is null)
        {
            return;
        }

        html.Raw("<section id=\"envelope\">\n").Element("h2", "Envelope")
            .Element("p", $"What every message carries on {wire.Product} besides its payload: headers and {wire.Protocol.ToUpperInvariant()} properties. A broker whose messages are rows keeps the same facts in columns.");
        foreach (var (kind, trait) in document["components"]!["messageTraits"]!.AsObject())
        {
            html.Raw("<article>").Element("h3", char.ToUpperInvariant(kind[0]) + kind[1..]);
            _fields.Write(trait!["headers"]!);
            html.Raw("<table class=\"fields\"><thead><tr><th>").Text($"{wire.Protocol.ToUpperInvariant()} property").Raw("</th><th>Meaning</th></tr></thead><tbody>");
            foreach (var (name, meaning) in trait[Traits.PropertiesField(wire)]!.AsObject())
            {
                html.Raw("<tr><th scope=\"row\">").Code(name).Raw("</th><td>").Text(meaning!.ToString()).Raw("</td></tr>");
            }

            html.Raw("</tbody></table></article>\n");
        }

        html.Raw("</section>\n");
    }

    private void Schemas()
    {
        html.Raw("<section id=\"schemas\">\n").Element("h2", "Schemas");
        foreach (var (name, schema) in document["components"]!["schemas"]!.AsObject())
        {
            html.Raw("<article id=\"schema-").Text(name).Raw("\">").Element("h3", name);
            Details("JSON Schema", schema);
            html.Raw("</article>\n");
        }

        html.Raw("</section>\n");
    }

    private void Details(string summary, JsonNode? json)
    {
        if (json is not null)
        {
            html.Raw("<details>").Element("summary", summary).Element("pre", json.ToJsonString(Indented)).Raw("</details>");
        }
    }

    private string ChannelOf(JsonObject owner) => Html.Of(Resolve(owner["channel"]), "address");

    private List<JsonObject> Messages(JsonNode? references) => references is JsonArray list ? [.. list.Select(Resolve).OfType<JsonObject>()] : [];

    private JsonNode? Resolve(JsonNode? node) => Pointers.Resolve(document, node);
}
