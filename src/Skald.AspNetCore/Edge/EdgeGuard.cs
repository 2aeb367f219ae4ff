using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;

namespace Skald;

/// <summary>Refuses requests that nobody is meant to send, before any route sees them.</summary>
/// <param name="next">What comes after it.</param>
/// <param name="options">What is let in.</param>
internal sealed class EdgeGuard(RequestDelegate next, EdgeOptions options)
{
    private const string Json = "application/json";

    public Task InvokeAsync(HttpContext http)
    {
        if (Refusal(http) is { } refusal)
        {
            return refusal.ExecuteAsync(http);
        }

        if (IsJson(http.Request) && HasBody(http))
        {
            http.Request.Body = new StorableBody(http.Request.Body);
        }

        return next(http);
    }

    private IResult? Refusal(HttpContext http)
    {
        if (!options.IsOpen && http.Features.Get<CameFrom>() is not { ThisMachine: true })
        {
            return Problems.NotFromHere();
        }

        if (IsUnstorable(http.Request))
        {
            return Problems.UnstorableAddress();
        }

        var isRead = IsRead(http.Request.Method);
        if (isRead && http.GetEndpoint()?.Metadata.GetMetadata<SameOriginOnly>() is null)
        {
            return null;
        }

        return IsOfAnotherSite(http.Request) || (isRead && MayBeOfAnotherSite(http.Request)) ? Problems.OfAnotherSite()
            : !isRead && HasBody(http) && !IsOfAKindThatIsTaken(http) ? Problems.NotJson()
            : IsJson(http.Request) && HasBody(http) && http.Request.Headers.ContentEncoding.Count > 0 ? Problems.Compressed()
            : null;
    }

    /// <summary>PostgreSQL stores no U+0000, and nobody means one.</summary>
    private static bool IsUnstorable(HttpRequest request) =>
        request.QueryString.Value?.Contains("%00", StringComparison.Ordinal) == true || request.Path.Value?.Contains('\0', StringComparison.Ordinal) == true;

    // As its parsers understand it.
    private static bool IsJson(HttpRequest request) =>
        request.HasJsonContentType() || request.ContentType?.StartsWith("text/json", StringComparison.OrdinalIgnoreCase) == true;

    private static bool IsRead(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method);

    /// <summary>Browsers say where a request comes from; programs that are none say nothing.</summary>
    public static bool IsOfAnotherSite(HttpRequest request)
    {
        if (request.Headers["Sec-Fetch-Site"] is { Count: > 0 } site)
        {
            return site is not ["same-origin"] and not ["none"];
        }

        return request.Headers.Origin is { Count: > 0 } origin
            && !string.Equals(origin.ToString(), $"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>To a site without https, other than localhost, browsers do not say where a GET comes from. A POST is told apart everywhere.</summary>
    private bool MayBeOfAnotherSite(HttpRequest request) => options.IsOpen && request.Headers["Sec-Fetch-Site"].Count == 0;

    private static bool HasBody(HttpContext http) => http.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody ?? http.Request.ContentLength is > 0;

    /// <summary>JSON, unless the route says that it takes something else.</summary>
    private static bool IsOfAKindThatIsTaken(HttpContext http)
    {
        if (http.Request.HasJsonContentType())
        {
            return true;
        }

        var sent = http.Request.ContentType?.Split(';')[0].Trim();
        return http.GetEndpoint()?.Metadata.GetMetadata<IAcceptsMetadata>() is { } taken
            && taken.ContentTypes.Any(type => type != Json && string.Equals(type, sent, StringComparison.OrdinalIgnoreCase));
    }
}
