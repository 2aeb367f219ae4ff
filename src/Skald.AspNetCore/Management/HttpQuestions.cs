using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Skald.Management;

/// <summary>How another process is asked, and its answers read. What goes wrong in between is a problem like those that it answers itself.</summary>
internal sealed class HttpQuestions(HttpClient http, Uri prefix)
{
    // Pages have at most 200 rows, and bodies at most 256 KiB.
    private const long LargestAnswerBytes = 64 * 1024 * 1024;

    // An event is a row.
    private const int LargestEventBytes = 4 * 1024 * 1024;

    private const string SignOfLife = "ping";

    private static readonly MediaTypeHeaderValue s_json = new("application/json");

    private readonly HttpProblems _problems = new(prefix);
    private readonly Uri _below = new(prefix.GetLeftPart(UriPartial.Path).TrimEnd('/') + "/");

    public async Task<T> GetAsync<T>(ApiPath path, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, AddressOf(path));
        return await AnswerAsync<T>(request, isAct: false, cancellationToken);
    }

    /// <summary>Null when there is no such thing.</summary>
    public async Task<T?> FindAsync<T>(ApiPath path, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            return await GetAsync<T>(path, cancellationToken);
        }
        catch (ManagementException exception) when (exception.Problem.Code is ProblemCodes.NotFound)
        {
            return null;
        }
    }

    public Task<TAnswer> PostAsync<TBody, TAnswer>(ApiPath path, TBody body, ActTerms terms, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(body);
        return PostAsync<TAnswer>(path, JsonSerializer.SerializeToUtf8Bytes(body, ManagementJson.Of<TBody>()), terms, cancellationToken);
    }

    public Task<TAnswer> PostAsync<TAnswer>(ApiPath path, ActTerms terms, CancellationToken cancellationToken) => PostAsync<TAnswer>(path, "{}"u8.ToArray(), terms, cancellationToken);

    /// <summary>What is told from now on.</summary>
    public async IAsyncEnumerable<T> ListenAsync<T>(ApiPath path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, AddressOf(path));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        using var response = await SendAsync(request, isAct: false, cancellationToken);
        await using var content = await response.Content.ReadAsStreamAsync(cancellationToken);
        await using var events = SseParser.Create(content, Read<T>).EnumerateAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        var isNow = false;
        while (await MoveNextAsync(events, cancellationToken))
        {
            // What comes before the first sign of life is what pages begin with.
            isNow |= events.Current.EventType is SignOfLife;
            if (isNow && events.Current.Data is { } item)
            {
                yield return item;
            }
        }

        cancellationToken.ThrowIfCancellationRequested();
        throw _problems.Ended();
    }

    private Uri AddressOf(ApiPath path) => path.LeadsElsewhere
        ? throw new ManagementException(new ManagementProblem(404, ProblemCodes.NotFound, "There is no such thing.") { Detail = "Nothing is named by dots alone, or by nothing." })
        : new Uri(_below, path.Written);

    private async Task<TAnswer> PostAsync<TAnswer>(ApiPath path, byte[] body, ActTerms terms, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(terms);
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = s_json;
        using var request = new HttpRequestMessage(HttpMethod.Post, AddressOf(path)) { Content = content };
        if (terms.Version is { } version)
        {
            request.Headers.TryAddWithoutValidation("If-Match", $"\"{ApiPath.Text(version)}\"");
        }

        if (terms.Key is { } key)
        {
            request.Headers.TryAddWithoutValidation(IdempotentRequest.HeaderName, key);
        }

        return await AnswerAsync<TAnswer>(request, isAct: true, cancellationToken);
    }

    private async Task<T> AnswerAsync<T>(HttpRequestMessage request, bool isAct, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(request, isAct, cancellationToken);
        try
        {
            await response.Content.LoadIntoBufferAsync(LargestAnswerBytes, cancellationToken);
            await using var content = await response.Content.ReadAsStreamAsync(cancellationToken);
            return await JsonSerializer.DeserializeAsync(content, ManagementJson.Of<T>(), cancellationToken) ?? throw _problems.NotUnderstood(response, null, isAct);
        }
        catch (JsonException exception)
        {
            throw _problems.NotUnderstood(response, exception, isAct);
        }
        catch (Exception exception) when (HttpProblems.IsOfTheWay(exception, cancellationToken))
        {
            throw _problems.OfTheWay(exception, isAct);
        }
    }

    /// <returns>A response that says that it is an answer; its body is not read yet.</returns>
    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, bool isAct, CancellationToken cancellationToken)
    {
        HttpResponseMessage? response = null;
        try
        {
            response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (response.IsSuccessStatusCode)
            {
                return response;
            }

            throw await _problems.OfAsync(response, isAct, cancellationToken);
        }
        catch (Exception exception)
        {
            response?.Dispose();
            throw HttpProblems.IsOfTheWay(exception, cancellationToken) ? _problems.OfTheWay(exception, isAct) : exception;
        }
    }

    private async ValueTask<bool> MoveNextAsync<T>(IAsyncEnumerator<SseItem<T?>> events, CancellationToken cancellationToken)
    {
        try
        {
            return await events.MoveNextAsync();
        }
        catch (Exception exception) when (exception is not ManagementException && HttpProblems.IsOfTheWay(exception, cancellationToken))
        {
            throw _problems.OfTheWay(exception, isAct: false);
        }
        catch (JsonException exception)
        {
            throw _problems.NotUnderstood(null, exception, isAct: false);
        }
    }

    /// <summary>What is no change is passed over: there may be other events one day.</summary>
    private static T? Read<T>(string type, ReadOnlySpan<byte> data) => data.Length is 0 || data.Length > LargestEventBytes || type is not "change"
        ? default
        : JsonSerializer.Deserialize(data, ManagementJson.Of<T>());
}
