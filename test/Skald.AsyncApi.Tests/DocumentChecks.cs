using System.Text.Json.Nodes;

namespace Skald.AsyncApi.Tests;

/// <summary>What the official parser does not look for.</summary>
internal static class DocumentChecks
{
    /// <summary>Every reference within the document leads somewhere, and none to the document itself.</summary>
    public static void ReferencesResolve(JsonObject document)
    {
        var seen = 0;
        foreach (var reference in References(document))
        {
            var target = reference.Split('/').Skip(1).Aggregate((JsonNode?)document, (at, key) => at?[key]);
            Assert.True(reference.StartsWith("#/", StringComparison.Ordinal) && target is JsonObject, $"'{reference}' leads nowhere.");
            seen++;
        }

        Assert.True(seen > 0);
    }

    /// <summary>Where the address of a reply is read off the command, its channel has none of its own.</summary>
    public static void ReplyAddressesAreOpen(JsonObject document)
    {
        foreach (var (_, operation) in document["operations"]!.AsObject())
        {
            if (operation!["reply"] is { } reply && reply["address"] is not null)
            {
                var channel = reply["channel"]!["$ref"]!.GetValue<string>().Split('/')[^1];
                Assert.Null(document["channels"]![channel]!["address"]);
            }
        }
    }

    /// <summary>Nothing is described that nobody refers to.</summary>
    public static void NothingIsUnused(JsonObject document)
    {
        var used = References(document).ToHashSet();
        var described = document["components"]!.AsObject().SelectMany(section => section.Value!.AsObject().Select(c => $"#/components/{section.Key}/{c.Key}"));
        Assert.Empty(described.Except(used));
    }

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject o => o.SelectMany(field => field.Key == "$ref" ? [field.Value!.GetValue<string>()] : References(field.Value)),
        JsonArray list => list.SelectMany(References),
        _ => [],
    };
}
