using System.Collections;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Skald.ServiceHost;

/// <summary>Turns a verb's result into text: for people, or with <see cref="Document"/> for programs.</summary>
internal sealed class Rendering
{
    private readonly JsonSerializerOptions _options;

    /// <param name="modules">Whose results are written.</param>
    public Rendering(params IEnumerable<ServiceModule> modules)
    {
        _options = new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            DictionaryKeyPolicy = JsonNamingPolicy.SnakeCaseLower,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            Converters = { new TwoDecimals() },
            TypeInfoResolver = JsonTypeInfoResolver.Combine([.. HostJson.After(modules)]),
        };
        if (RuntimeFeature.IsDynamicCodeSupported)
        {
            _options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower));
        }
    }

    /// <summary>For what is no module's own.</summary>
    public static Rendering Own { get; } = new();

    /// <summary>One JSON document on one line.</summary>
    public string Document(object? value) => OneLine(Element(value)) + "\n";

    /// <summary>A line per field of an object, a line per element of a list, nothing for nothing.</summary>
    public string Text(object? value)
    {
        var element = Element(value);
        return element.ValueKind switch
        {
            JsonValueKind.Null => "",
            JsonValueKind.Object => Fields(element),
            JsonValueKind.Array => string.Concat(element.EnumerateArray().Select(e => Plain(e) + "\n")),
            // A text that is all there is may have several lines.
            JsonValueKind.String => string.Join('\n', element.GetString()!.Split('\n').Select(Shown)) + "\n",
            _ => Plain(element) + "\n",
        };
    }

    private JsonElement Element(object? value)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = _options.Encoder }))
        {
            Write(json, value);
        }

        using var document = JsonDocument.Parse(stream.ToArray());
        return document.RootElement.Clone();
    }

    private void Write(Utf8JsonWriter json, object? value)
    {
        if (value is null)
        {
            json.WriteNullValue();
        }
        else if (value is JsonNode node)
        {
            node.WriteTo(json, _options);
        }
        else if (value is IEnumerable list and not IDictionary && !_options.TryGetTypeInfo(value.GetType(), out _))
        {
            // A list of a kind that only the compiler knows.
            json.WriteStartArray();
            foreach (var item in list)
            {
                Write(json, item);
            }

            json.WriteEndArray();
        }
        else
        {
            JsonSerializer.Serialize(json, value, _options.GetTypeInfo(value.GetType()));
        }
    }

    private static string Fields(JsonElement element)
    {
        var fields = element.EnumerateObject().ToList();
        // The longest key, its colon, and one space.
        var width = fields.Select(f => f.Name.Length).DefaultIfEmpty().Max() + 2;
        return string.Concat(fields.Select(f => $"{(f.Name + ":").PadRight(width)}{Plain(f.Value)}".TrimEnd() + "\n"));
    }

    private static string Plain(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Null => "",
        // Non-null because the kind is a string.
        JsonValueKind.String => Shown(element.GetString()!),
        _ => OneLine(element),
    };

    /// <summary>Control characters would move a terminal's cursor, or begin a line that nobody wrote.</summary>
    private static string Shown(string text) => text.Any(char.IsControl) ? Quoted(text) : text;

    private static string OneLine(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => "{" + string.Join(", ", element.EnumerateObject().Select(f => $"{Quoted(f.Name)}: {OneLine(f.Value)}")) + "}",
        JsonValueKind.Array => "[" + string.Join(", ", element.EnumerateArray().Select(OneLine)) + "]",
        JsonValueKind.String => Quoted(element.GetString()!),
        _ => element.GetRawText(),
    };

    private static string Quoted(string text) => $"\"{JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(text)}\"";

    /// <summary>Every decimal is an amount, and amounts have two places.</summary>
    private sealed class TwoDecimals : JsonConverter<decimal>
    {
        public override decimal Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDecimal();

        public override void Write(Utf8JsonWriter writer, decimal value, JsonSerializerOptions options) =>
            writer.WriteRawValue(Encoding.UTF8.GetBytes(value.ToString("0.00", CultureInfo.InvariantCulture)));
    }
}
