using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

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

    /// <summary>
    /// Maps a POST whose body is a <typeparamref name="TBody"/>, and otherwise as
    /// <see cref="MapIdempotentPost(IEndpointRouteBuilder, string, Func{IdempotentRequest, Task{IResult}})"/> does.
    /// </summary>
    /// <remarks>
    /// Its rules are the attributes of its members (<c>[Required]</c>, <c>[Range]</c>), as <c>AddValidation()</c> reads them; the type is marked with
    /// <c>[ValidatableType]</c>. A body that breaks some is answered with 400, and a problem document that names each field as it is called in JSON. What is of
    /// another kind than its member, such as a text for a number, counts as missing.
    /// </remarks>
    /// <typeparam name="TBody">What callers send; a member that they may leave out or get wrong takes null.</typeparam>
    /// <param name="routes">Where to map it.</param>
    /// <param name="pattern">The route's pattern.</param>
    /// <param name="handle">Does the request; the body keeps its rules.</param>
    /// <exception cref="InvalidOperationException">The rules of the type are not known.</exception>
    public static IEndpointConventionBuilder MapIdempotentPost<TBody>(
        this IEndpointRouteBuilder routes, string pattern, Func<IdempotentRequest, TBody, Task<IResult>> handle) where TBody : class
    {
        ArgumentNullException.ThrowIfNull(routes);
        ArgumentNullException.ThrowIfNull(handle);
        var rules = BodyRules.Of(typeof(TBody), routes.ServiceProvider);
        var json = routes.ServiceProvider.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        return routes.MapIdempotentPost(pattern, request => CheckedAsync(request, json, rules, handle));
    }

    private static async Task<IResult> CheckedAsync<TBody>(
        IdempotentRequest request, JsonSerializerOptions json, BodyRules rules, Func<IdempotentRequest, TBody, Task<IResult>> handle) where TBody : class
    {
        TBody body;
        try
        {
            body = JsonBody.Read<TBody>(request.Body, json);
        }
        catch (JsonException exception)
        {
            return Problems.BrokenRules(new Dictionary<string, string[]> { [exception.Path?.TrimStart('$', '.') ?? ""] = ["It is of another kind."] });
        }

        var broken = await rules.BrokenAsync(body, request.Http.RequestServices, request.Http.RequestAborted);
        return broken.Count > 0 ? Problems.BrokenRules(broken) : await handle(request, body);
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
