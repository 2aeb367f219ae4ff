using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Skald;

/// <summary>A JSON request that its caller may send again without its being done twice.</summary>
/// <remarks>
/// The header is that of the IETF draft
/// <see href="https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/">Idempotency-Key</see>.
/// </remarks>
/// <param name="Http">The request and response.</param>
/// <param name="Body">The body, parsed; never undefined.</param>
/// <param name="Key">The header <c>Idempotency-Key</c>: 1 to 255 visible ASCII characters. Null when it was not sent.</param>
/// <param name="Fingerprint">SHA-256 of method, path, query and body: another request with the same key is recognised by it.</param>
public sealed record IdempotentRequest(HttpContext Http, JsonElement Body, string? Key, string Fingerprint)
{
    /// <summary>The header's name.</summary>
    public const string HeaderName = "Idempotency-Key";

    /// <summary>The largest body that is read, in bytes: 1 MiB.</summary>
    public const int MaxBodyBytes = 1 << 20;

    /// <summary>
    /// Pass it to <see cref="SkaldService.ExecuteAsync{T}(RequestKey, Func{MessageContext, ValueTask{T}}, CancellationToken)"/>. The key counts per method and path, so
    /// that two endpoints do not mistake each other's keys. Null when none was sent.
    /// </summary>
    public RequestKey? RequestKey => Key is null ? null : new RequestKey($"{Http.Request.Method} {Http.Request.PathBase}{Http.Request.Path} {Key}", Fingerprint);

    /// <summary>Pass these when starting a saga; they hold <see cref="RequestKey"/>.</summary>
    public StartOptions StartOptions => RequestKey is { } key ? new StartOptions { IdempotencyKey = key.Key, Fingerprint = key.Fingerprint } : new StartOptions();
}
