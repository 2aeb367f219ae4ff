using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Skald.Management;

namespace Skald.Dashboard.Words;

/// <summary>The same act as lines for a shell. They hold no secret: whoever pastes them adds the token.</summary>
internal static class Lines
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>By the API.</summary>
    public static string Curl(string api, string path, JsonNode body, long? version = null)
    {
        var match = version is { } v ? $" -H 'If-Match: \"{v}\"'" : "";
        return $"curl -X POST {Quoted($"{api}/api/{path}")} -H 'Content-Type: application/json'{match} -d {Quoted(body.ToJsonString(Plain))}";
    }

    /// <summary>The body of an act.</summary>
    public static JsonObject Body(ActRequest act)
    {
        var body = new JsonObject { ["act"] = act.Act };
        Add(body, "step", act.Step);
        Add(body, "to", act.To?.ToString("O"));
        Add(body, "event", act.Event);
        if (act.Patch is { } patch)
        {
            body["patch"] = JsonNode.Parse(patch.GetRawText());
        }

        if (act.Body is { } given)
        {
            body["body"] = JsonNode.Parse(given.GetRawText());
        }

        body["reason"] = act.Reason ?? "";
        return body;
    }

    /// <summary>By the command line.</summary>
    public static string Skald(string service, string id, ActRequest act, string server) =>
        $"skald sagas {act.Act} {Word($"{service}/{id}")}"
        + (act.Step is { } step ? $" --step {Quoted(step)}" : "")
        + (act.To is { } to ? $" --to {to:O}" : "")
        + (act.Event is { } name ? $" --event {Quoted(name)}" : "")
        + (act.Patch is { } patch ? $" --patch {Quoted(patch.GetRawText())}" : "")
        + (act.Body is { } body ? $" --body {Quoted(body.GetRawText())}" : "")
        + $" --reason {Quoted(act.Reason ?? "")} --server {Word(server)}";

    /// <summary>A word of a shell's line, whatever it holds.</summary>
    public static string Quoted(string text) => $"'{text.Replace("'", @"'\''", StringComparison.Ordinal)}'";

    private static string Word(string text) => text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '/' or '_' or ':') ? text : Quoted(text);

    private static void Add(JsonObject body, string name, string? value)
    {
        if (value is not null)
        {
            body[name] = value;
        }
    }
}
