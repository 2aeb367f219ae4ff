using System.Text.Json.Nodes;

namespace Skald.AsyncApi;

/// <summary>A schema as a table of its fields, those of nested objects included.</summary>
internal sealed class FieldTable(JsonObject document, Html html)
{
    public void Write(JsonNode schema)
    {
        var rows = new List<Row>();
        Collect(schema, "", rows, []);
        if (rows.Count == 0)
        {
            html.Raw("<p class=\"where\">An empty object.</p>\n");
            return;
        }

        var explained = rows.Any(row => row.Meaning.Length > 0);
        html.Raw("<table class=\"fields\"><thead><tr><th>Field</th><th>Type</th>").Raw(explained ? "<th>Meaning</th>" : "").Raw("</tr></thead><tbody>\n");
        foreach (var row in rows)
        {
            html.Raw("<tr><th scope=\"row\">").Code(row.Path);
            html.Raw(row.Required ? "" : " <span class=\"optional\">optional</span>").Raw("</th><td>").Text(row.Type).Raw("</td>");
            html.Raw(explained ? "<td>" : "").Text(row.Meaning).Raw(explained ? "</td></tr>\n" : "</tr>\n");
        }

        html.Raw("</tbody></table>\n");
    }

    /// <param name="schema">The schema, or a reference to it.</param>
    /// <param name="path">Where it stands; empty at the root.</param>
    /// <param name="rows">What was found.</param>
    /// <param name="open">The types that it stands in: one that contains itself is not shown again.</param>
    private void Collect(JsonNode? schema, string path, List<Row> rows, HashSet<JsonNode> open)
    {
        if (Pointers.Resolve(document, schema) is not JsonObject resolved || !open.Add(resolved))
        {
            return;
        }

        foreach (var part in Parts(resolved))
        {
            Collect(part, path, rows, open);
        }

        var required = resolved["required"] is JsonArray names ? names.Select(n => n!.GetValue<string>()).ToHashSet() : [];
        foreach (var (name, property) in resolved["properties"]?.AsObject() ?? [])
        {
            var at = path.Length == 0 ? name : $"{path}.{name}";
            rows.RemoveAll(r => r.Path == at);
            var meaning = Html.Of(property, "description");
            rows.Add(new Row(at, TypeOf(property), required.Contains(name), Fixed(property, meaning)));
            Collect(property, at, rows, open);
        }

        if (resolved["items"] is { } items)
        {
            Collect(items, path + "[]", rows, open);
        }

        if (resolved["additionalProperties"] is JsonObject values)
        {
            Collect(values, path + ".*", rows, open);
        }

        open.Remove(resolved);
    }

    private static IEnumerable<JsonNode?> Parts(JsonObject schema) =>
        ((string[])["allOf", "anyOf", "oneOf"]).SelectMany(word => schema[word]?.AsArray() ?? []);

    private static string Fixed(JsonNode? property, string meaning) =>
        property is JsonObject o && o["const"] is { } value ? $"Always {value.ToJsonString()}. {meaning}".Trim()
        : property is JsonObject e && e["enum"] is JsonArray values ? $"One of {string.Join(", ", values.Select(v => v?.ToJsonString() ?? "null"))}. {meaning}".Trim()
        : meaning;

    private string TypeOf(JsonNode? schema)
    {
        if (Pointers.Resolve(document, schema) is not JsonObject resolved)
        {
            return "any";
        }

        if (Parts(resolved).ToList() is { Count: > 0 } parts)
        {
            return string.Join(" or ", parts.Select(TypeOf));
        }

        var type = resolved["type"] switch
        {
            JsonArray types => string.Join(" or ", types.Select(t => t?.GetValue<string>())),
            JsonValue value => value.GetValue<string>(),
            _ => "any",
        };
        type = resolved["items"] is { } items ? $"{type} of {TypeOf(items)}" : type;
        return resolved["format"] is JsonValue format ? $"{type} ({format})" : type;
    }

    private sealed record Row(string Path, string Type, bool Required, string Meaning);
}
