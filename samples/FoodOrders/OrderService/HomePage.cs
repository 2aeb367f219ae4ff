using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Http;

namespace FoodOrders.Orders;

/// <summary>The home page: the original's words, and links that work wherever the service is mounted.</summary>
internal static class HomePage
{
    public static string Html(HttpRequest request)
    {
        // Without the slash at the end, a relative link would lose the last part of the path.
        var here = $"{request.PathBase}{request.Path}".TrimEnd('/') + "/";
        var links = new StringBuilder();
        foreach (var page in DemoOrders.Pages)
        {
            links.AppendLine($"    <li><a href=\"{page.Path}\">{page.Path}</a><br><small>{page.Outcome}</small></li>");
        }

        return $$"""
            <!doctype html>
            <html lang="en">
            <head>
              <meta charset="utf-8">
              <meta name="viewport" content="width=device-width, initial-scale=1">
              <title>Food orders</title>
              <base href="{{HtmlEncoder.Default.Encode(here)}}">
              <style>
                body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem; }
                li { margin: .5rem 0; overflow-wrap: anywhere; }
                small { color: #555; }
              </style>
            </head>
            <body>
              <h1>Welcome to saga orchestration demo!</h1>
              <p>You can use next endpoints to start Order Create saga:</p>
              <ul>
            {{links}}  </ul>
              <p>See how they ended: <a href="orders">orders</a>. Is it alive? <a href="ping">ping</a></p>
            </body>
            </html>

            """;
    }
}
