using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Skald;

namespace Storefront.Frontend;

/// <summary>The original's index page for programs, and the shop's page for browsers.</summary>
internal static class PageEndpoints
{
    private static readonly SkaldPage Shop = new("Storefront", Read("shop.html")) { Script = "storefront.js" };
    private static readonly string Script = Read("storefront.js");

    public static void MapPage(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/", (HttpContext http) =>
        {
            http.Response.Headers.Vary = "Accept";
            // Without the slash at the end, a relative link would lose the last part of the path.
            return OrderEndpoints.Wants(http.Request, "text/html")
                ? (Shop with { Base = $"{http.Request.PathBase}{http.Request.Path}".TrimEnd('/') + "/" }).Answer(http)
                : Results.Text("Index Page\n");
        });
        routes.MapGet("/storefront.js", (HttpContext http) =>
        {
            http.Response.Headers.CacheControl = "no-cache";
            return Results.Content(Script, "text/javascript; charset=utf-8");
        });
    }

    private static string Read(string name)
    {
        // The resource is named in the project file.
        using var reader = new StreamReader(typeof(PageEndpoints).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
