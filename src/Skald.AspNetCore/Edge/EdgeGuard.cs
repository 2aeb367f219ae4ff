using System.Net;
using Microsoft.AspNetCore.Http;

namespace Skald;

/// <summary>Refuses requests that nobody is meant to send, before any route sees them.</summary>
/// <param name="next">What comes after it.</param>
/// <param name="options">What is let in.</param>
internal sealed class EdgeGuard(RequestDelegate next, EdgeOptions options)
{
    public Task InvokeAsync(HttpContext http) => Refusal(http) is { } refusal ? refusal.ExecuteAsync(http) : next(http);

    private IResult? Refusal(HttpContext http)
    {
        if (!options.IsOpen && !IsFromHere(http))
        {
            return Problems.NotFromHere();
        }

        if (IsUnstorable(http.Request))
        {
            return Problems.UnstorableAddress();
        }

        if (!Changes(http))
        {
            return null;
        }

        return IsOfAnotherSite(http.Request) ? Problems.OfAnotherSite() : HasBody(http) && !http.Request.HasJsonContentType() ? Problems.NotJson() : null;
    }

    /// <summary>A proxy on this machine speaks for others.</summary>
    private static bool IsFromHere(HttpContext http)
    {
        var headers = http.Request.Headers;
        return (http.Connection.RemoteIpAddress is not { } remote || IPAddress.IsLoopback(remote))
            && !headers.ContainsKey("Forwarded") && !headers.ContainsKey("X-Forwarded-For") && !headers.ContainsKey("X-Forwarded-Host");
    }

    /// <summary>PostgreSQL stores no U+0000, and nobody means one.</summary>
    private static bool IsUnstorable(HttpRequest request) =>
        request.QueryString.Value?.Contains("%00", StringComparison.Ordinal) == true || request.Path.Value?.Contains('\0', StringComparison.Ordinal) == true;

    private static bool Changes(HttpContext http)
    {
        var method = http.Request.Method;
        return !(HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method))
            || http.GetEndpoint()?.Metadata.GetMetadata<SameOriginOnly>() is not null;
    }

    /// <summary>Browsers say where a request comes from; programs that are none say nothing.</summary>
    private static bool IsOfAnotherSite(HttpRequest request)
    {
        if (request.Headers["Sec-Fetch-Site"] is { Count: > 0 } site)
        {
            return site is not ["same-origin"] and not ["none"];
        }

        return request.Headers.Origin is { Count: > 0 } origin
            && !string.Equals(origin.ToString(), $"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase);
    }

    private static bool HasBody(HttpContext http) => http.Request.ContentLength is > 0 || http.Request.Headers.TransferEncoding.Count > 0;
}
