using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Skald.Runtime;

/// <summary>JSON merge patches, as RFC 7396 has them.</summary>
internal static class MergePatch
{
    /// <summary>The target with the patch in it. The target is changed.</summary>
    public static JsonNode? Apply(JsonNode? target, JsonElement patch)
    {
        if (patch.ValueKind != JsonValueKind.Object)
        {
            return Node(patch);
        }

        var changed = target as JsonObject ?? [];
        foreach (var member in patch.EnumerateObject())
        {
            if (member.Value.ValueKind == JsonValueKind.Null)
            {
                changed.Remove(member.Name);
                continue;
            }

            var old = changed[member.Name];
            changed.Remove(member.Name);
            changed[member.Name] = Apply(old, member.Value);
        }

        return changed;
    }

    /// <summary>The first member of a patch that is not in what came of it, by its path; null when all are.</summary>
    public static string? Missing(JsonElement patch, JsonNode? result)
    {
        if (patch.ValueKind != JsonValueKind.Object)
        {
            return JsonNode.DeepEquals(Node(patch), result) ? null : "";
        }

        foreach (var member in patch.EnumerateObject())
        {
            if (member.Value.ValueKind != JsonValueKind.Null && Missing(member.Value, (result as JsonObject)?[member.Name]) is { } path)
            {
                return path.Length == 0 ? member.Name : $"{member.Name}.{path}";
            }
        }

        return null;
    }

    /// <summary>The first member that a patch removes and that there is not, by its path; null when there is none.</summary>
    public static string? RemovesNothing(JsonElement patch, JsonNode? target)
    {
        if (patch.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        foreach (var member in patch.EnumerateObject())
        {
            var whole = target as JsonObject;
            var inner = member.Value.ValueKind != JsonValueKind.Null ? RemovesNothing(member.Value, whole?[member.Name]) : whole?.ContainsKey(member.Name) == true ? null : "";
            if (inner is not null)
            {
                return inner.Length == 0 ? member.Name : $"{member.Name}.{inner}";
            }
        }

        return null;
    }

    /// <summary>Whether a patch sets something to this text.</summary>
    public static bool Holds(JsonElement patch, string text) => patch.ValueKind switch
    {
        JsonValueKind.Object => patch.EnumerateObject().Any(member => Holds(member.Value, text)),
        JsonValueKind.Array => patch.EnumerateArray().Any(item => Holds(item, text)),
        JsonValueKind.String => patch.ValueEquals(text),
        _ => false,
    };

    private static JsonNode? Node(JsonElement value) => JsonNode.Parse(value.GetRawText());
}

[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(JsonNode))]
internal sealed partial class ActJson : JsonSerializerContext;
