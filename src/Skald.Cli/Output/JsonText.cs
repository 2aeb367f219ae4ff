using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Skald.Cli.Output;

/// <summary>JSON as it is printed: letters of all scripts as they are, what moves a cursor as an escape.</summary>
internal static class JsonText
{
    private static readonly JsonWriterOptions s_line = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonWriterOptions s_indented = s_line with { Indented = true };

    public static string Line<T>(T value, JsonTypeInfo<T> type) => Written(value, type, s_line);

    public static string Indented<T>(T value, JsonTypeInfo<T> type) => Written(value, type, s_indented);

    private static string Written<T>(T value, JsonTypeInfo<T> type, JsonWriterOptions options)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, options))
        {
            JsonSerializer.Serialize(writer, value, type);
        }

        return PlainText.OfJson(System.Text.Encoding.UTF8.GetString(buffer.GetBuffer().AsSpan(0, (int)buffer.Length)));
    }
}
