using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Skald;

/// <summary>Endpoints whose requests may be repeated.</summary>
public static class SkaldEndpoints
{
    /// <summary>
    /// Maps a POST with a JSON body that its caller may repeat with the same <c>Idempotency-Key</c>. Start the saga with
    /// <see cref="IdempotentRequest.StartOptions"/> and answer from the <see cref="SagaStart{TState}"/> alone, or do whatever it is with
    /// <see cref="IdempotentRequest.RequestKey"/> and answer from the <see cref="RequestAnswer{T}"/> alone, and every repeat gets the first answer.
    /// </summary>
    /// <remarks>
    /// Answered without calling <paramref name="handle"/>, as problem documents: 400 for an invalid key or malformed JSON,
    /// 413 for a body over 1 MiB. 422 when the key was used with a different request; 503, with <c>Retry-After</c>, when the service is overloaded or its
    /// database cannot be used.
    /// </remarks>
    /// <param name="routes">Where to map it.</param>
    /// <param name="pattern">The route's pattern.</param>
    /// <param name="handle">Does the request.</param>
    public static IEndpointConventionBuilder MapIdempotentPost(
        this IEndpointRouteBuilder routes, string pattern, Func<IdempotentRequest, Task<IResult>> handle)
    {
        ArgumentNullException.ThrowIfNull(routes);
        ArgumentNullException.ThrowIfNull(handle);
        return routes.MapPost(pattern, http => AnswerAsync(http, handle));
    }

    private static async Task AnswerAsync(HttpContext http, Func<IdempotentRequest, Task<IResult>> handle)
    {
        var (request, problem) = await IdempotentRequestReader.ReadAsync(http);
        IResult result;
        try
        {
            // The reader gives one of the two.
            result = request is null ? problem! : await handle(request);
        }
        catch (Exception exception) when (EngineProblems.Of(exception, http, request?.Key) is { } known)
        {
            result = known;
        }

        await result.ExecuteAsync(http);
    }
}
