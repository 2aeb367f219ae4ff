using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Skald;

namespace FoodOrders.Orders;

/// <summary>The home page: the original's words, and links that work wherever the service is mounted.</summary>
internal static class HomePage
{
    private const string Style = """
        body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem; }
        li { margin: .5rem 0; overflow-wrap: anywhere; }
        small { color: #555; }
        """;

    /// <summary>What the page may load: its own style sheet, and the base that its links begin with.</summary>
    public static readonly string Policy = PagePolicy.WithStyle(Style).Replace("base-uri 'none'", "base-uri 'self'", StringComparison.Ordinal);

    public static string Html(HttpRequest request)
    {
        // Without the slash at the end, a relative link would lose the last part of the path.
        var here = $"{request.PathBase}{request.Path}".TrimEnd('/') + "/";
        var links = new StringBuilder();
        foreach (var page in DemoOrders.Pages)
        {
            links.AppendLine($"    <li><a href=\"{page.Path}\">{page.Path}</a><br><small>{page.Outcome}</small></li>");
        }

        var documents = Documents(request.HttpContext.RequestServices).ToList();
        var elsewhere = documents.Count > 1 ? "" : " The other services' are at their own addresses.";
        var saying = documents.Count == 0 ? "" : $"<p>What the services say to each other (AsyncAPI): {string.Join(", ", documents)}.{elsewhere}</p>";
        return $$"""
            <!doctype html>
            <html lang="en">
            <head>
              <meta charset="utf-8">
              <meta name="viewport" content="width=device-width, initial-scale=1">
              <title>Food orders</title>
              <link rel="icon" href="data:,">
              <base href="{{HtmlEncoder.Default.Encode(here)}}">
              <style>{{Style}}</style>
            </head>
            <body>
              <h1>Welcome to saga orchestration demo!</h1>
              <p>You can use next endpoints to start Order Create saga:</p>
              <ul>
            {{links}}  </ul>
              <p>See how they ended: <a href="orders">orders</a>. Is it alive? <a href="ping">ping</a></p>
              {{saying}}
            </body>
            </html>

            """;
    }

    /// <summary>Links to the documents of the system's services in this process.</summary>
    private static IEnumerable<string> Documents(IServiceProvider provider)
    {
        var links = provider.GetRequiredService<LinkGenerator>();
        foreach (var service in provider.GetRequiredService<SkaldServices>().All.Where(s => s.Name.StartsWith("food-orders.", StringComparison.Ordinal)))
        {
            if (links.GetPathByName(AsyncApiEndpoints.PageName(service.Name)) is { } path)
            {
                yield return $"<a href=\"{HtmlEncoder.Default.Encode(path)}\">{HtmlEncoder.Default.Encode(service.Name)}</a>";
            }
        }
    }
}
