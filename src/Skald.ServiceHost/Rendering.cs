using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Skald.ServiceHost;

/// <summary>Turns a verb's result into text: for people, or with <see cref="Document"/> for programs.</summary>
internal static class Rendering
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DictionaryKeyPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new TwoDecimals(), new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <summary>One JSON document on one line.</summary>
    public static string Document(object? value) => OneLine(JsonSerializer.SerializeToElement(value, Options)) + "\n";

    /// <summary>A line per field of an object, a line per element of a list, nothing for nothing.</summary>
    public static string Text(object? value)
    {
        var element = JsonSerializer.SerializeToElement(value, Options);
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

    private static string Quoted(string text) => JsonSerializer.Serialize(text, Options);

    /// <summary>Every decimal is an amount, and amounts have two places.</summary>
    private sealed class TwoDecimals : JsonConverter<decimal>
    {
        public override decimal Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDecimal();

        public override void Write(Utf8JsonWriter writer, decimal value, JsonSerializerOptions options) =>
            writer.WriteRawValue(Encoding.UTF8.GetBytes(value.ToString("0.00", CultureInfo.InvariantCulture)));
    }
}
