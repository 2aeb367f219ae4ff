using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Skald;

/// <summary>Reads a request, or says with a problem document why it cannot be taken.</summary>
internal static class IdempotentRequestReader
{
    private const int MaxKeyLength = 255;

    public static async Task<(IdempotentRequest? Request, IResult? Problem)> ReadAsync(HttpContext http)
    {
        var header = http.Request.Headers[IdempotentRequest.HeaderName];
        if (header.Count > 1 || header is [var key] && !IsKey(key))
        {
            return (null, Problems.BadKey(MaxKeyLength));
        }

        ReadOnlyMemory<byte> body = default;
        try
        {
            if (await ReadBodyAsync(http) is not { } read)
            {
                return (null, Problems.BodyTooLarge(IdempotentRequest.MaxBodyBytes));
            }

            body = read;
            return (new IdempotentRequest(http, JsonText.Read(body), header is [var sent] ? sent : null, Fingerprint(http.Request, body)), null);
        }
        catch (BadHttpRequestException exception)
        {
            // It is larger than the server reads, or comes too slowly.
            return (null, Problems.Unreadable(exception));
        }
        catch (JsonException exception)
        {
            return (null, Problems.MalformedJson(body.IsEmpty ? "The request has no body." : exception.Message));
        }
    }

    private static bool IsKey(string? key) =>
        key is { Length: > 0 and <= MaxKeyLength } && key.All(c => c is > ' ' and <= '~');

    /// <summary>Null when it is too large. What is too much is not read: the limit holds for bodies without a length too.</summary>
    private static async Task<ReadOnlyMemory<byte>?> ReadBodyAsync(HttpContext http)
    {
        if (http.Request.ContentLength > IdempotentRequest.MaxBodyBytes)
        {
            return null;
        }

        using var body = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (await http.Request.Body.ReadAsync(buffer, http.RequestAborted) is var read and > 0)
        {
            if (body.Length + read > IdempotentRequest.MaxBodyBytes)
            {
                return null;
            }

            body.Write(buffer, 0, read);
        }

        return body.ToArray();
    }

    private static string Fingerprint(HttpRequest request, ReadOnlyMemory<byte> body)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{request.Method} {request.PathBase}{request.Path}{request.QueryString}\n"));
        hash.AppendData(body.Span);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
