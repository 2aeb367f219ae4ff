using System.Text.Json.Serialization;

namespace Skald.Cli.Profiles;

/// <summary>A server under a name. It says where its token is, and never holds one.</summary>
/// <param name="Url">Where the pages are, such as <c>https://shop.example/skald</c>; the API is below it.</param>
/// <param name="TokenFile">The file that has the token; null for none.</param>
/// <param name="TokenVariable">The variable of the environment that has the token; null for none.</param>
internal sealed record Profile(string Url, string? TokenFile = null, string? TokenVariable = null);

/// <summary>All profiles of a person.</summary>
/// <param name="Current">Which of them is meant where nothing is said; null for none.</param>
/// <param name="Servers">Each by its name.</param>
internal sealed record ProfileSet(string? Current, IReadOnlyDictionary<string, Profile> Servers)
{
    public static ProfileSet Empty { get; } = new(null, new Dictionary<string, Profile>());

    /// <summary>The first one is the current one until another is chosen.</summary>
    public ProfileSet With(string name, Profile profile) =>
        new(Current ?? name, new Dictionary<string, Profile>(Servers) { [name] = profile });

    public ProfileSet Without(string name) =>
        new(Current == name ? null : Current, Servers.Where(server => server.Key != name).ToDictionary());
}

/// <summary>A profile as it is listed.</summary>
internal sealed record ListedProfile(string Name, bool Current, string Url, string? TokenFile, string? TokenVariable);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, AllowDuplicateProperties = false)]
[JsonSerializable(typeof(ProfileSet))]
[JsonSerializable(typeof(ListedProfile))]
internal sealed partial class ProfileJson : JsonSerializerContext;
