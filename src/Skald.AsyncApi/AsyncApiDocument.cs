using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Skald.AsyncApi;
using Skald.Messaging;

namespace Skald;

/// <summary>A service's AsyncAPI 3.0 document. The same service gives the same text, byte for byte.</summary>
public sealed class AsyncApiDocument
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private AsyncApiDocument(JsonObject root, WireDescription? wire)
    {
        Json = root.ToJsonString(Indented) + "\n";
        Yaml = YamlText.Of(root);
        Html = HtmlPage.Of(root, wire);
    }

    /// <summary>As JSON.</summary>
    public string Json { get; }

    /// <summary>As YAML.</summary>
    public string Yaml { get; }

    /// <summary>As a page that needs nothing but itself. It is served at <c>asyncapi</c>, beside <c>asyncapi.json</c> and <c>asyncapi.yaml</c>.</summary>
    public string Html { get; }

    /// <summary>The <c>Content-Security-Policy</c> under which <see cref="Html"/> works: its own style sheet, and nothing else.</summary>
    public static string HtmlPolicy => HtmlPage.Policy;

    /// <summary>Describes a service. It need not run.</summary>
    public static AsyncApiDocument Of(SkaldService service, AsyncApiOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(service);
        var transport = service.Transport.Description;
        options ??= new AsyncApiOptions();
        options = options with
        {
            Wire = options.Wire ?? transport.Wire,
            Servers = options.Servers ?? (transport.Server is { } server ? [new AsyncApiServer("broker", server.Protocol, server.Host, server.Path, server.ProtocolVersion)] : []),
        };
        return new AsyncApiDocument(DocumentBuilder.Build(service.Describe(), service.Serializer.Options, options), options.Wire);
    }
}
