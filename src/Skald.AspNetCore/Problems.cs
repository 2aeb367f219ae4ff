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

    public static IResult BrokenRules(IDictionary<string, string[]> errors) => Results.ValidationProblem(errors, title: "The request is not valid.");

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
        detail: $"Nothing was done for '{key}'. Use a new key, or repeat the first request unchanged.");

    public static IResult SagaExists(SagaExistsException exists) => Results.Problem(
        statusCode: StatusCodes.Status409Conflict,
        title: "There is one already.",
        detail: exists.Message,
        extensions: new Dictionary<string, object?> { ["saga"] = exists.Saga.Value });

    public static IResult VersionUnknown(SagaVersionUnknownException unknown) => Results.Problem(
        statusCode: StatusCodes.Status409Conflict,
        title: "This process does not know the version that the saga runs.",
        detail: unknown.Message);

    public static IResult NotFromHere() => Results.Problem(
        statusCode: StatusCodes.Status403Forbidden,
        title: "Only requests from this machine are answered.",
        detail: "The process was not told that it is meant to be open (EdgeOptions.IsOpen; --open).");

    public static IResult OfAnotherSite() => Results.Problem(
        statusCode: StatusCodes.Status403Forbidden,
        title: "Pages of other sites may change nothing here.",
        detail: "The browser says that the request comes from elsewhere (Sec-Fetch-Site, Origin).");

    public static IResult Compressed() => Results.Problem(
        statusCode: StatusCodes.Status415UnsupportedMediaType,
        title: "The body is compressed.",
        detail: "Send it without Content-Encoding.");

    public static IResult NotJson() => Results.Problem(
        statusCode: StatusCodes.Status415UnsupportedMediaType,
        title: "The body is not said to be JSON.",
        detail: "Send it with Content-Type: application/json.");

    public static IResult Unreadable(BadHttpRequestException exception) => Results.Problem(statusCode: exception.StatusCode, title: exception.Message);

    public static IResult UnstorableAddress() => Results.Problem(
        statusCode: StatusCodes.Status400BadRequest,
        title: "The address has a character that cannot be stored.",
        detail: "U+0000 (%00) is not taken.");

    public static IResult TooLate(TimeSpan deadline) => Results.Problem(
        statusCode: StatusCodes.Status504GatewayTimeout,
        title: "The request was not done in time.",
        detail: $"Whether it was taken after {deadline.TotalSeconds:0.#} seconds is not known. Repeat it with the same Idempotency-Key: nothing is done twice.");

    public static IResult TooManyListeners() => Results.Problem(
        statusCode: StatusCodes.Status503ServiceUnavailable,
        title: "Too many listen already.",
        detail: "Come back in a few seconds, or ask for the list instead.");
}
