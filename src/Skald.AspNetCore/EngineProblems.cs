using System.Data.Common;
using System.Globalization;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Skald.Storage;

namespace Skald;

/// <summary>What is answered when the engine refuses, a database cannot be used, or a body cannot be read: nothing of it is the fault of the program.</summary>
internal sealed class EngineProblems : IExceptionHandler
{
    // In milliseconds.
    private const long SaidAgainAfter = 60_000;

    private static long s_saidAt = -SaidAgainAfter;

    /// <summary>The answer; null for what nobody foresaw. Sets <c>Retry-After</c> where it helps.</summary>
    public static IResult? Of(Exception exception, HttpContext http, string? key)
    {
        switch (exception)
        {
            case IdempotencyConflictException:
                return Problems.KeyUsedBefore(key);
            case SagaExistsException exists:
                return Problems.SagaExists(exists);
            case SagaVersionUnknownException unknown:
                return Problems.VersionUnknown(unknown);
            case OverloadedException overloaded:
                http.Response.Headers.RetryAfter = Math.Ceiling(overloaded.RetryAfter.TotalSeconds).ToString(CultureInfo.InvariantCulture);
                return Problems.Overloaded();
            case BadHttpRequestException bad:
                return Problems.Unreadable(bad);
            case var _ when IsOutage(exception, http.RequestServices):
                Say(exception, http.RequestServices);
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

    /// <summary>What the engine's own statements meet is in its log. Nobody else says what others met: what is answered counts as handled.</summary>
    private static void Say(Exception exception, IServiceProvider services)
    {
        var (now, saidAt) = (Environment.TickCount64, Interlocked.Read(ref s_saidAt));
        if (exception is not StoreUnavailableException && now - saidAt >= SaidAgainAfter && Interlocked.CompareExchange(ref s_saidAt, now, saidAt) == saidAt)
        {
            services.GetService<ILogger<EngineProblems>>()?.DatabaseFails(exception);
        }
    }

    /// <summary>The application's own statements throw what their database throws; its store knows what that means. Others may have wrapped it.</summary>
    private static bool IsOutage(Exception exception, IServiceProvider services) =>
        exception is StoreUnavailableException or DbException { IsTransient: true }
        || (exception is DbException && services.GetService<SkaldServices>()?.All.Any(service => service.IsOutage(exception)) == true)
        || (exception.InnerException is { } inner && IsOutage(inner, services));
}
