using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Skald;

/// <summary>Serves a service's AsyncAPI document.</summary>
public static class AsyncApiEndpoints
{
    /// <summary>The name of the page's endpoint, by which others link to it wherever it is mounted.</summary>
    public static string PageName(string service) => service + "/asyncapi";

    /// <summary>Maps <c>/asyncapi.json</c>, <c>/asyncapi.yaml</c> and a page at <c>/asyncapi</c>.</summary>
    /// <param name="routes">Where to map them.</param>
    /// <param name="service">The service.</param>
    /// <param name="options">What the document says besides; the defaults unless given.</param>
    public static void MapAsyncApi(this IEndpointRouteBuilder routes, SkaldService service, AsyncApiOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(routes);
        ArgumentNullException.ThrowIfNull(service);
        var document = new Lazy<AsyncApiDocument>(() => AsyncApiDocument.Of(service, options));
        routes.MapGet("/asyncapi.json", http => Results.Text(document.Value.Json, "application/json", Encoding.UTF8).ExecuteAsync(http));
        routes.MapGet("/asyncapi.yaml", http => Results.Text(document.Value.Yaml, "application/yaml", Encoding.UTF8).ExecuteAsync(http));
        routes.MapGet("/asyncapi", http => PageAsync(http, document.Value)).WithName(PageName(service.Name));
    }

    private static Task PageAsync(HttpContext http, AsyncApiDocument document)
    {
        // Its links are relative: with a slash at the end they would lead elsewhere.
        if (http.Request.Path.Value?.EndsWith('/') == true)
        {
            return Results.LocalRedirect($"{http.Request.PathBase}{http.Request.Path}".TrimEnd('/')).ExecuteAsync(http);
        }

        http.Response.Headers.ContentSecurityPolicy = AsyncApiDocument.HtmlPolicy;
        return Results.Content(document.Html, "text/html; charset=utf-8").ExecuteAsync(http);
    }
}
