using Microsoft.AspNetCore.Http;

namespace Skald;

/// <summary>What is answered to requests that cannot be taken, as <c>application/problem+json</c>.</summary>
internal static class Problems
{
    public static IResult BadKey(int maxLength) => Results.ValidationProblem(
        new Dictionary<string, string[]>
        {
            [IdempotentRequest.HeaderName] = [$"Send it once, with 1 to {maxLength} visible ASCII characters and no spaces."],
        },
        title: $"The header {IdempotentRequest.HeaderName} is not valid.");

    public static IResult BodyTooLarge(int maxBytes) => Results.Problem(
        statusCode: StatusCodes.Status413PayloadTooLarge,
        title: "The body is too large.",
        detail: $"At most {maxBytes} bytes are read.");

    public static IResult MalformedJson(string detail) => Results.Problem(
        statusCode: StatusCodes.Status400BadRequest,
        title: "The body is not valid JSON.",
        detail: detail);

    public static IResult Unavailable() => Results.Problem(
        statusCode: StatusCodes.Status503ServiceUnavailable,
        title: "The database cannot be used at the moment.",
        detail: "Whether the request was taken is not known. Repeat it with the same Idempotency-Key: nothing is done twice.");

    public static IResult Overloaded() => Results.Problem(
        statusCode: StatusCodes.Status503ServiceUnavailable,
        title: "The service has more to do than it can.",
        detail: "Try again later, with the same Idempotency-Key: nothing is done twice.");

    public static IResult KeyUsedBefore(string? key) => Results.Problem(
        statusCode: StatusCodes.Status422UnprocessableEntity,
        title: $"This {IdempotentRequest.HeaderName} was used before with a different request.",
        detail: $"Nothing was started for '{key}'. Use a new key, or repeat the first request unchanged.");
}
