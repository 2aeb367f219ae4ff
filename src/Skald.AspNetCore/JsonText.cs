using System.Text.Json;

namespace Skald;

/// <summary>Reads JSON documents whose text can be stored. JSON may hold halves of surrogate pairs, which are no text, and U+0000, which PostgreSQL does not take.</summary>
internal static class JsonText
{
    private const string HalfOfAPair = "A text holds half of a surrogate pair, which is no character.";

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 32 };

    /// <exception cref="JsonException">It is malformed or too deep, has a name twice, or text that cannot be stored.</exception>
    public static JsonElement Read(ReadOnlyMemory<byte> json)
    {
        using var document = Parse(json);
        return Problem(document.RootElement) is { } problem ? throw new JsonException(problem) : document.RootElement.Clone();
    }

    private static JsonDocument Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            return JsonDocument.Parse(json, Strict);
        }
        catch (InvalidOperationException)
        {
            // Whoever looks for duplicates reads the names.
            throw new JsonException(HalfOfAPair);
        }
    }

    private static string? Problem(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => Problem(element.GetString),
        JsonValueKind.Array => element.EnumerateArray().Select(Problem).FirstOrDefault(p => p is not null),
        JsonValueKind.Object => element.EnumerateObject().Select(member => Problem(() => member.Name) ?? Problem(member.Value)).FirstOrDefault(p => p is not null),
        _ => null,
    };

    private static string? Problem(Func<string?> text)
    {
        try
        {
            return text()?.Contains('\0', StringComparison.Ordinal) == true ? "A text holds U+0000, which cannot be stored." : null;
        }
        catch (InvalidOperationException)
        {
            return HalfOfAPair;
        }
    }
}
