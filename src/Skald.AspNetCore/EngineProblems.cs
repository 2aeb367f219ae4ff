using System.Data.Common;
using System.Globalization;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Skald.Storage;

namespace Skald;

/// <summary>What is answered when the engine refuses, or a database says that it is worth trying again: nothing of it is the fault of the program.</summary>
internal sealed class EngineProblems : IExceptionHandler
{
    /// <summary>The answer; null for what nobody foresaw. Sets <c>Retry-After</c> where it helps.</summary>
    public static IResult? Of(Exception exception, HttpContext http, string? key)
    {
        switch (exception)
        {
            case IdempotencyConflictException:
                return Problems.KeyUsedBefore(key);
            case OverloadedException overloaded:
                http.Response.Headers.RetryAfter = Math.Ceiling(overloaded.RetryAfter.TotalSeconds).ToString(CultureInfo.InvariantCulture);
                return Problems.Overloaded();
            case StoreUnavailableException or DbException { IsTransient: true }:
                http.Response.Headers.RetryAfter = "1";
                return Problems.Unavailable();
            default:
                return null;
        }
    }

    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (Of(exception, httpContext, httpContext.Request.Headers[IdempotentRequest.HeaderName]) is not { } known)
        {
            return false;
        }

        await known.ExecuteAsync(httpContext);
        return true;
    }
}
