using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace Skald.Management;

/// <summary>The API as OpenAPI 3.1, written from the routes that are mapped and the types that they answer.</summary>
internal sealed class OpenApiDocument
{
    private readonly JsonObject _schemas = [];
    private readonly JsonSchemaExporterOptions _exporter;

    private OpenApiDocument() => _exporter = new JsonSchemaExporterOptions { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = Transform };

    public static byte[] Write(string prefix) => JsonSerializer.SerializeToUtf8Bytes(new OpenApiDocument().Build(prefix), OpenApiJson.Default.JsonObject);

    private JsonObject Build(string prefix)
    {
        var paths = new JsonObject();
        foreach (var route in ManagementRoutes.All)
        {
            var path = $"/{route.Pattern.Replace("{**", "{", StringComparison.Ordinal)}";
            paths[path] ??= new JsonObject();
            paths[path]![route.Method.ToLowerInvariant()] = Operation(route); // The line above has made it.
        }

        paths["/events"] = new JsonObject { ["get"] = Events() };
        return new JsonObject
        {
            ["openapi"] = "3.1.1",
            ["info"] = new JsonObject { ["title"] = "Skald management", ["version"] = "1", ["description"] = "See and steer sagas, flows and messages. State is changed only by POST with Content-Type: application/json." },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = prefix }),
            ["paths"] = paths,
            ["components"] = new JsonObject { ["schemas"] = Sorted() },
        };
    }

    private JsonObject Operation(ManagementRoute route)
    {
        var operation = new JsonObject
        {
            ["operationId"] = route.Name,
            ["summary"] = route.Says,
            ["tags"] = new JsonArray(route.Pattern.Split('/')[0]),
            ["x-skald-right"] = route.Right,
            ["parameters"] = new JsonArray([.. Parameters(route)]),
        };
        if (route.Body is { } body)
        {
            operation["requestBody"] = new JsonObject { ["required"] = route.IsAct, ["content"] = Content(Reference(body)) };
        }

        var answer = route.Forecast is { } forecast ? new JsonObject { ["oneOf"] = new JsonArray(Reference(route.Answer), Reference(forecast)) } : Reference(route.Answer);
        operation["responses"] = new JsonObject
        {
            ["200"] = new JsonObject { ["description"] = "OK", ["content"] = Content(answer) },
            ["default"] = new JsonObject { ["description"] = "A problem; 'code' says which.", ["content"] = new JsonObject { ["application/problem+json"] = new JsonObject { ["schema"] = Reference(typeof(ManagementProblem)) } } },
        };
        return operation;
    }

    private JsonObject Events() => new()
    {
        ["operationId"] = "events",
        ["summary"] = "What changes, as server-sent events of the type 'change'; 'ping' says that all was sent. Last-Event-ID goes on after an event.",
        ["tags"] = new JsonArray("events"),
        ["x-skald-right"] = Rights.View,
        ["responses"] = new JsonObject
        {
            ["200"] = new JsonObject { ["description"] = "Each data is a Change.", ["content"] = new JsonObject { ["text/event-stream"] = new JsonObject { ["schema"] = Reference(typeof(Change)) } } },
        },
    };

    private static IEnumerable<JsonNode> Parameters(ManagementRoute route)
    {
        foreach (var part in route.Pattern.Split('/').Where(part => part.StartsWith('{')))
        {
            yield return Parameter(part.Trim('{', '}', '*'), "path", "string", "", required: true);
        }

        foreach (var query in route.Query)
        {
            yield return Parameter(query.Name, "query", query.Type, query.Says);
        }

        if (route.IsAct)
        {
            yield return Parameter("If-Match", "header", "string", "The saga's ETag: the act is refused with 412 if it has moved on. It is what makes a repeat safe, whichever process it reaches and whenever.");
            yield return Parameter(IdempotentRequest.HeaderName, "header", "string", $"At most {ManagementLimits.LongestKey} characters. A repeat with the same key gets the first answer from the same process, for some time: until that restarts, or has done thousands of others. Anywhere else it is done again, unless If-Match keeps it from that.");
        }
    }

    private static JsonObject Parameter(string name, string place, string type, string says, bool required = false)
    {
        var parameter = new JsonObject { ["name"] = name, ["in"] = place, ["schema"] = new JsonObject { ["type"] = type } };
        if (required)
        {
            parameter["required"] = true;
        }

        if (says.Length > 0)
        {
            parameter["description"] = says;
        }

        return parameter;
    }

    private static JsonObject Content(JsonNode schema) => new() { ["application/json"] = new JsonObject { ["schema"] = schema } };

    private JsonObject Reference(Type type)
    {
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>))
        {
            return new JsonObject { ["type"] = "array", ["items"] = Reference(type.GenericTypeArguments[0]) };
        }

        var name = NameOf(type);
        if (!_schemas.ContainsKey(name))
        {
            // First, so that a type that has itself is written once.
            _schemas[name] = new JsonObject();
            _schemas[name] = ManagementJson.Options.GetJsonSchemaAsNode(type, _exporter);
        }

        return new JsonObject { ["$ref"] = $"#/components/schemas/{name}" };
    }

    /// <summary>A type of the contract within another is named, not repeated.</summary>
    private JsonNode Transform(JsonSchemaExporterContext context, JsonNode schema)
    {
        var type = Nullable.GetUnderlyingType(context.TypeInfo.Type) ?? context.TypeInfo.Type;
        if (context.Path.Length == 0 || context.TypeInfo.Kind != JsonTypeInfoKind.Object || type.Assembly == typeof(string).Assembly)
        {
            return schema;
        }

        var isNullable = context.PropertyInfo is { IsGetNullable: true };
        return isNullable ? new JsonObject { ["anyOf"] = new JsonArray(Reference(type), new JsonObject { ["type"] = "null" }) } : Reference(type);
    }

    private JsonObject Sorted() => new(_schemas.OrderBy(schema => schema.Key, StringComparer.Ordinal).Select(schema => KeyValuePair.Create(schema.Key, schema.Value?.DeepClone())));

    private static string NameOf(Type type) => type.IsGenericType ? $"{type.Name.Split('`')[0]}Of{string.Concat(type.GenericTypeArguments.Select(NameOf))}" : type.Name;
}

/// <summary>How the document is written.</summary>
[System.Text.Json.Serialization.JsonSourceGenerationOptions(WriteIndented = true)]
[System.Text.Json.Serialization.JsonSerializable(typeof(JsonObject))]
internal sealed partial class OpenApiJson : System.Text.Json.Serialization.JsonSerializerContext;
