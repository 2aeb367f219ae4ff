using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Skald;

/// <summary>The one style sheet of all pages.</summary>
public static class SkaldPages
{
    /// <summary>Its path, below the application's own.</summary>
    public const string StylePath = "/skald.css";

    private static readonly string Style = Read();

    /// <summary>Serves the style sheet at <see cref="StylePath"/>. Map it once, and not below a group's prefix.</summary>
    /// <param name="routes">The application.</param>
    public static IEndpointConventionBuilder MapSkaldStyle(this IEndpointRouteBuilder routes)
    {
        ArgumentNullException.ThrowIfNull(routes);
        return routes.MapGet(StylePath, http =>
        {
            http.Response.Headers.CacheControl = "no-cache";
            return Results.Content(Style, "text/css; charset=utf-8").ExecuteAsync(http);
        });
    }

    private static string Read()
    {
        // The resource is named in the project file.
        using var reader = new StreamReader(typeof(SkaldPages).Assembly.GetManifestResourceStream("skald.css")!);
        return reader.ReadToEnd();
    }
}
