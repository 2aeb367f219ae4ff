using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Skald.AsyncApi;

/// <summary>JSON Schemas of payloads, each type once: a type inside another is a reference, so types may contain themselves.</summary>
internal sealed class Schemas
{
    private const string Section = "#/components/schemas/";

    private readonly JsonSerializerOptions _options;
    private readonly JsonSchemaExporterOptions _exporter;
    private readonly Keys _keys = new();
    private readonly SortedDictionary<string, JsonNode> _written = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Type> _types = [];
    private readonly Queue<string> _open = new();

    /// <param name="wire">The options that messages are written with.</param>
    public Schemas(JsonSerializerOptions wire)
    {
        // What is written, not all that is put up with when read: numbers as numbers, everything there.
        _options = new JsonSerializerOptions(wire)
        {
            NumberHandling = JsonNumberHandling.Strict,
            RespectNullableAnnotations = true,
            RespectRequiredConstructorParameters = true,
        };
        _exporter = new JsonSchemaExporterOptions { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = Transform };
    }

    /// <summary>A reference to a type's schema, which will be written.</summary>
    public JsonObject Reference(Type type)
    {
        var reference = ReferenceTo(type);
        Open(reference);
        return reference;
    }

    /// <summary>Adds a schema that is not made from a type.</summary>
    public JsonObject Add(string name, JsonObject schema)
    {
        var key = _keys.For(name, this);
        _written[key] = schema;
        return ReferenceTo(key);
    }

    /// <summary>All that were referred to, by key.</summary>
    public JsonObject Write()
    {
        while (_open.TryDequeue(out var key))
        {
            if (!_written.ContainsKey(key))
            {
                _written[key] = _options.GetJsonSchemaAsNode(_types[key], _exporter);
                Open(_written[key]);
            }
        }

        return new JsonObject(_written.Select(s => KeyValuePair.Create<string, JsonNode?>(s.Key, s.Value)));
    }

    /// <summary>Only what is still there in the end is written: the exporter also visits what a reference then replaces.</summary>
    private void Open(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject o when o["$ref"] is JsonValue reference:
                _open.Enqueue(reference.GetValue<string>()[Section.Length..]);
                break;
            case JsonObject o:
                o.Select(field => field.Value).ToList().ForEach(Open);
                break;
            case JsonArray list:
                list.ToList().ForEach(Open);
                break;
        }
    }

    private JsonObject ReferenceTo(Type type)
    {
        var key = _keys.For(Texts.Plain(type), type);
        _types[key] = type;
        return ReferenceTo(key);
    }

    private static JsonObject ReferenceTo(string key) => new() { ["$ref"] = Section + key };

    private JsonNode Transform(JsonSchemaExporterContext context, JsonNode schema)
    {
        var type = Nullable.GetUnderlyingType(context.TypeInfo.Type) ?? context.TypeInfo.Type;
        if (context.Path.IsEmpty)
        {
            return Described(schema, Texts.Of(type));
        }

        // A case of a polymorphic type carries its discriminator and stays where it is.
        var hoisted = context.BaseTypeInfo is null && (context.TypeInfo.Kind == JsonTypeInfoKind.Object || RefersToItself(schema));
        var result = !hoisted ? schema
            : IsNullable(context, schema) ? new JsonObject { ["anyOf"] = new JsonArray(ReferenceTo(type), new JsonObject { ["type"] = "null" }) }
            : ReferenceTo(type);
        return Described(result, Texts.Of(context.PropertyInfo?.AttributeProvider));
    }

    // The exporter's own references are relative to the type; in the document they would point at its root.
    private static bool RefersToItself(JsonNode schema) =>
        schema is JsonObject o && o["$ref"] is { } reference && !reference.GetValue<string>().StartsWith(Section, StringComparison.Ordinal);

    private static bool IsNullable(JsonSchemaExporterContext context, JsonNode schema) =>
        Nullable.GetUnderlyingType(context.TypeInfo.Type) is not null
        || (schema is JsonObject o && o["type"] is JsonArray types && types.Any(t => t?.GetValue<string>() == "null"))
        || context.PropertyInfo is { IsGetNullable: true } property && property.PropertyType == context.TypeInfo.Type && !property.PropertyType.IsValueType;

    private static JsonNode Described(JsonNode schema, string? description)
    {
        if (description is null || schema is not JsonObject o)
        {
            return schema;
        }

        if (!o.ContainsKey("$ref"))
        {
            o.Insert(0, "description", description);
            return o;
        }

        // What stands beside a reference is ignored.
        return new JsonObject { ["description"] = description, ["allOf"] = new JsonArray(o) };
    }
}
