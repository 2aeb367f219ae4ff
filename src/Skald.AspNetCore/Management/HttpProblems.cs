using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Skald.Management;

/// <summary>Why another process gave no answer. What it says itself is passed on; where something in between answered, or nothing did, the words are found here.</summary>
internal sealed class HttpProblems(Uri prefix)
{
    private const string PerhapsDone = "Whether it was done is not known: look, or repeat it with the same idempotency key.";
    private const long LargestProblemBytes = 1024 * 1024;

    private readonly string _address = prefix.GetLeftPart(UriPartial.Path).TrimEnd('/');

    /// <summary>Whether it went wrong on the way: nobody answers, it takes too long, or the connection broke.</summary>
    public static bool IsOfTheWay(Exception exception, CancellationToken cancellationToken) =>
        exception is HttpRequestException or IOException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    public ManagementException OfTheWay(Exception exception, bool isAct) => exception is OperationCanceledException
        ? Problem(504, ProblemCodes.TooLate, $"{_address} did not answer in time.", isAct ? PerhapsDone : "Ask again, or give it more time.", exception)
        : Problem(503, ProblemCodes.Unreachable, $"{_address} cannot be reached: {Reason(exception)}.", isAct && !IsBeforeItWasSent(exception) ? PerhapsDone : "Check the address, and whether the process runs.", exception);

    /// <summary>The server-sent events came to an end, which they have not by themselves.</summary>
    public ManagementException Ended() => Problem(503, ProblemCodes.Unreachable, $"{_address} has ended the connection.", "Ask again.");

    public ManagementException NotUnderstood(HttpResponseMessage? response, Exception? exception, bool isAct) => Problem(
        502, ProblemCodes.Failed, $"{_address} answered what is not understood ({response?.Content.Headers.ContentType?.MediaType ?? "no content type"}).",
        isAct ? PerhapsDone : "Check the address: is it that of Skald's pages, and is nothing in between that answers instead?", exception);

    /// <summary>What a response says that is no answer.</summary>
    public async Task<ManagementException> OfAsync(HttpResponseMessage response, bool isAct, CancellationToken cancellationToken) =>
        await SaidAsync(response, cancellationToken) is { } said ? new ManagementException(said) : OfStatus(response, isAct);

    /// <summary>The problem that the process itself has written; null when something else answered.</summary>
    private static async Task<ManagementProblem?> SaidAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentType?.MediaType is not ("application/problem+json" or "application/json"))
        {
            return null;
        }

        try
        {
            await response.Content.LoadIntoBufferAsync(LargestProblemBytes, cancellationToken);
            await using var content = await response.Content.ReadAsStreamAsync(cancellationToken);
            // Others write problems too, without a code.
            return await JsonSerializer.DeserializeAsync(content, ManagementJson.Of<ManagementProblem>(), cancellationToken) is { Code.Length: > 0 } problem
                ? problem with { Status = (int)response.StatusCode, Title = problem.Title ?? problem.Code }
                : null;
        }
        catch (Exception exception) when (exception is JsonException or HttpRequestException)
        {
            return null;
        }
    }

    private ManagementException OfStatus(HttpResponseMessage response, bool isAct)
    {
        var status = (int)response.StatusCode;
        var number = status.ToString(CultureInfo.InvariantCulture);
        return response.StatusCode switch
        {
            HttpStatusCode.Unauthorized => Problem(status, ProblemCodes.Unauthenticated, $"{_address} does not know who asks.", "Send a token that it knows."),
            HttpStatusCode.Forbidden => Problem(status, ProblemCodes.Forbidden, $"{_address} does not let you do that.", "Ask whoever runs it for the right."),
            HttpStatusCode.NotFound => Problem(status, ProblemCodes.NotSupported, $"There is no such API below {_address}.", "Check the address; the process may also be older than the question."),
            HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotImplemented => Problem(status, ProblemCodes.NotSupported, $"{_address} is older than the question.", "Deploy it anew."),
            HttpStatusCode.TooManyRequests => Problem(status, ProblemCodes.Overloaded, $"{_address} is asked too much at once.", "Ask again later."),
            HttpStatusCode.RequestTimeout or HttpStatusCode.GatewayTimeout => Problem(status, ProblemCodes.TooLate, $"{_address} did not answer in time.", isAct ? PerhapsDone : "Ask again."),
            HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable =>
                Problem(status, ProblemCodes.Unreachable, $"What is in front of {_address} does not reach it ({number}).", isAct ? PerhapsDone : "Ask again, or ask whoever runs it."),
            >= HttpStatusCode.MultipleChoices and < HttpStatusCode.BadRequest =>
                Problem(status, ProblemCodes.Unauthenticated, $"{_address} sends elsewhere ({number}), as to a page for signing in.", "Send a token that it knows, or use the address that it sends to."),
            < HttpStatusCode.InternalServerError => Problem(status, ProblemCodes.BadRequest, $"{_address} does not take the request ({number}).", "The process may be older or newer than this one."),
            _ => Problem(status, ProblemCodes.Failed, $"{_address} failed ({number}).", isAct ? PerhapsDone : "Look into its log."),
        };
    }

    private static string Reason(Exception exception) => exception switch
    {
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => "the name of the machine is not known",
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => $"there is no safe connection, {exception.InnerException?.Message.TrimEnd('.') ?? "TLS failed"}",
        HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } => "the answer is too long",
        _ when exception is SocketException { SocketErrorCode: SocketError.ConnectionRefused } or { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionRefused } } => "nobody listens there",
        _ => "the connection broke",
    };

    private static bool IsBeforeItWasSent(Exception exception) => exception is HttpRequestException
    {
        HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError,
    };

    private static ManagementException Problem(int status, string code, string title, string detail, Exception? inner = null) =>
        new(new ManagementProblem(status, code, title) { Detail = detail }, inner);
}
