using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace Skald.Management;

/// <summary>A request of the API: reads what it says, and what it lacks becomes a problem.</summary>
/// <param name="http">The request.</param>
/// <param name="site">The site.</param>
/// <param name="token">Its deadline.</param>
internal sealed class ManagementCall(HttpContext http, ManagementSite site, CancellationToken token)
{
    private const int MostBodyBytes = 1 << 20;

    public HttpContext Http => http;

    public IManagement Management => site.Management;

    public SkaldManagementOptions Options => site.Options;

    public ManagementCaller Caller { get; } = http.Features.GetRequiredFeature<ManagementCaller>();

    public CancellationToken Token => token;

    public string Service => Route("service");

    public string Id => Route("id");

    public bool IsDryRun => Flag("dryRun");

    public int Limit(int usual = ManagementLimits.UsualPage) => (int)Number("limit", usual, 1, ManagementLimits.LargestPage);

    public int Books() => (int)Number("limit", ManagementLimits.UsualBooks, 1, ManagementLimits.LargestBooks);

    /// <summary>A part of the path. A slash within one comes encoded, or as it is where the route takes the rest of the path.</summary>
    public string Route(string name) => ((string)http.GetRouteValue(name)!).Replace("%2F", "/", StringComparison.OrdinalIgnoreCase); // The route has it.

    public string? Query(string name) => http.Request.Query[name] switch
    {
        [] => null,
        [{ Length: > 0 } one] => one,
        [_] => null,
        _ => throw Refusals.BadRequest($"'{name}' stands there twice."),
    };

    public long Number(string name, long usual, long least, long most) => Query(name) is not { } text ? usual
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? number
        : throw Refusals.BadRequest(string.Create(CultureInfo.InvariantCulture, $"'{name}' takes {least} to {most}."));

    public ListQuery List() => new() { Service = Query("service"), Cursor = Query("cursor"), Limit = Limit() };

    /// <summary>How an act is done: who does it is said by the door, never by the request.</summary>
    public ActTerms Terms() => new() { Version = Version(), Key = Key(), Actor = Caller.Name };

    /// <exception cref="ManagementException">The body is none.</exception>
    public async Task<T> BodyAsync<T>() where T : class
    {
        try
        {
            var limited = new MemoryStream();
            var buffer = new byte[16 * 1024];
            while (await http.Request.Body.ReadAsync(buffer, token) is var read and > 0)
            {
                if (limited.Length + read > MostBodyBytes)
                {
                    throw new ManagementException(new ManagementProblem(StatusCodes.Status413PayloadTooLarge, ProblemCodes.BadRequest, $"The body is larger than {MostBodyBytes} bytes."));
                }

                limited.Write(buffer, 0, read);
            }

            return limited.Length == 0
                ? JsonSerializer.Deserialize("{}", ManagementJson.Of<T>())!
                : JsonSerializer.Deserialize(limited.GetBuffer().AsSpan(0, (int)limited.Length), ManagementJson.Of<T>()) ?? throw Refusals.BadRequest("The body is null.");
        }
        catch (JsonException exception)
        {
            throw Refusals.BadRequest("The body is not the JSON that it has to be.", exception.Path is null ? null : $"At {exception.Path}.");
        }
    }

    private bool Flag(string name) => Query(name) switch
    {
        null or "false" => false,
        "true" => true,
        _ => throw Refusals.BadRequest($"'{name}' takes true or false."),
    };

    private long? Version() => http.Request.Headers.IfMatch switch
    {
        [] or ["*"] => null,
        [{ } tag] when long.TryParse(tag.Trim().Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var version) => version,
        _ => throw Refusals.BadRequest("If-Match is no version of a saga.", "Send the ETag that the saga was answered with, such as \"7\"."),
    };

    private string? Key() => http.Request.Headers[IdempotentRequest.HeaderName] switch
    {
        [] => null,
        [{ Length: > 0 and <= ManagementLimits.LongestKey } key] when key.All(c => c is > ' ' and <= '~') => key,
        _ => throw Refusals.BadRequest($"The header {IdempotentRequest.HeaderName} is not valid.", $"Send it once, with 1 to {ManagementLimits.LongestKey} visible ASCII characters and no spaces."),
    };
}
