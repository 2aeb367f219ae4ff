using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Storefront.Frontend;

/// <summary>The original's index page for programs, and the shop's page for browsers.</summary>
internal static class PageEndpoints
{
    private static readonly string Html = Read("index.html");

    public static void MapPage(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/", (HttpContext http) =>
        {
            http.Response.Headers.Vary = "Accept";
            if (!OrderEndpoints.Wants(http.Request, "text/html"))
            {
                return Results.Text("Index Page\n");
            }

            // Without the slash at the end, a relative link would lose the last part of the path.
            var here = $"{http.Request.PathBase}{http.Request.Path}".TrimEnd('/') + "/";
            return Results.Content(Html.Replace("{base}", HtmlEncoder.Default.Encode(here), StringComparison.Ordinal), "text/html; charset=utf-8");
        });
        MapFile(routes, "storefront.css", "text/css; charset=utf-8");
        MapFile(routes, "storefront.js", "text/javascript; charset=utf-8");
    }

    private static void MapFile(IEndpointRouteBuilder routes, string name, string type)
    {
        var content = Read(name);
        routes.MapGet("/" + name, (HttpContext http) =>
        {
            http.Response.Headers.CacheControl = "no-cache";
            return Results.Content(content, type);
        });
    }

    private static string Read(string name)
    {
        // The resource is named in the project file.
        using var reader = new StreamReader(typeof(PageEndpoints).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
