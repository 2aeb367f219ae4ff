using System.Text.Json;

namespace Skald;

/// <summary>Whether the text of a JSON document can be stored: JSON may hold halves of surrogate pairs, which are no text, and U+0000, which PostgreSQL does not take.</summary>
internal static class JsonText
{
    /// <summary>What cannot be stored; null when all of it can.</summary>
    public static string? Problem(JsonElement element) => element.ValueKind switch
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
            return "A text holds half of a surrogate pair, which is no character.";
        }
    }
}
