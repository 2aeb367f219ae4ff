using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Skald;

namespace FoodOrders.Orders;

/// <summary>The home page: the original's words, and links that work wherever the service is mounted.</summary>
internal static class HomePage
{
    public static IResult Answer(HttpContext http)
    {
        // Without the slash at the end, a relative link would lose the last part of the path.
        var here = $"{http.Request.PathBase}{http.Request.Path}".TrimEnd('/') + "/";
        return new SkaldPage("Food orders", Body(http.RequestServices)) { Base = here }.Answer(http);
    }

    private static string Body(IServiceProvider services)
    {
        var documents = Documents(services).ToList();
        var elsewhere = documents.Count > 1 ? "" : " The other services' are at their own addresses.";
        return $"""
            <header class="top">
              <div>
                <h1>Welcome to saga orchestration demo!</h1>
                <p>You can use next endpoints to start Order Create saga:</p>
              </div>
            </header>
            <main>
              <div class="card">
                <table>
                  <thead><tr><th scope="col">Starts a saga</th><th scope="col">What to expect</th></tr></thead>
                  <tbody>
                  {string.Join("\n      ", DemoOrders.Pages.Select(Row))}
                  </tbody>
                </table>
                <p>See how they ended: <a href="orders">orders</a>. Is it alive? <a href="ping">ping</a></p>
              </div>
              {(documents.Count == 0 ? "" : $"<p class=\"sub\">What the services say to each other (AsyncAPI): {string.Join(", ", documents)}.{elsewhere}</p>")}
            </main>
            """;
    }

    private static string Row(DemoPage page) => $"<tr><td><a href=\"{page.Path}\">{page.Path}</a></td><td>{SkaldPage.Text(page.Outcome)}</td></tr>";

    /// <summary>Links to the documents of the system's services in this process.</summary>
    private static IEnumerable<string> Documents(IServiceProvider provider)
    {
        var links = provider.GetRequiredService<LinkGenerator>();
        foreach (var service in provider.GetRequiredService<SkaldServices>().All.Where(s => s.Name.StartsWith("food-orders.", StringComparison.Ordinal)))
        {
            if (links.GetPathByName(AsyncApiEndpoints.PageName(service.Name)) is { } path)
            {
                yield return $"<a href=\"{WebUtility.HtmlEncode(path)}\">{SkaldPage.Text(service.Name)}</a>";
            }
        }
    }
}
