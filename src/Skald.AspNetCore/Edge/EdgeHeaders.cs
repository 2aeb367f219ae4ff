using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Skald;

/// <summary>
/// Comes before all else. Notes where a request comes from, before anything that believes a proxy changes that, and gives every answer its headers, whoever
/// writes it. What a route has set itself stays.
/// </summary>
internal sealed class EdgeHeaders(RequestDelegate next)
{
    /// <summary>What proxies add.</summary>
    private static readonly string[] OfProxies = ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Original-For", "X-Real-IP", "Via"];

    public Task InvokeAsync(HttpContext http)
    {
        http.Features.Set(new CameFrom(IsThisMachine(http)));
        http.Response.OnStarting(static state =>
        {
            var headers = ((HttpResponse)state).Headers;
            headers.TryAdd("Content-Security-Policy", PagePolicy.Default);
            headers.TryAdd("X-Content-Type-Options", "nosniff");
            headers.TryAdd("Referrer-Policy", "no-referrer");
            headers.TryAdd("Cross-Origin-Opener-Policy", "same-origin");
            headers.TryAdd("Cross-Origin-Resource-Policy", "same-origin");
            headers.TryAdd("Cache-Control", "no-store");
            return Task.CompletedTask;
        }, http.Response);
        return next(http);
    }

    /// <summary>A proxy on this machine speaks for others; one that does not say so cannot be told from a client.</summary>
    public static bool IsThisMachine(HttpContext http) =>
        (http.Connection.RemoteIpAddress is not { } remote || IPAddress.IsLoopback(remote)) && !OfProxies.Any(http.Request.Headers.ContainsKey);
}

/// <summary>Where a request comes from, as the connection and its own headers said when it came.</summary>
/// <param name="ThisMachine">Straight from this machine.</param>
internal sealed record CameFrom(bool ThisMachine);

/// <summary>Puts it before all else.</summary>
internal sealed class EdgeHeadersFirst : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.UseMiddleware<EdgeHeaders>();
        next(app);
    };
}
