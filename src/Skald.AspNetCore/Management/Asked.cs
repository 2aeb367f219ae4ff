using System.Text.RegularExpressions;
using Skald.Storage;

namespace Skald.Management;

/// <summary>How a service is asked: what is thrown becomes a problem that anybody may read.</summary>
internal static partial class Asked
{
    public static async Task<T> OfAsync<T>(SkaldService service, Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (Exception exception) when (Problem(service, exception) is { } known)
        {
            throw known;
        }
    }

    public static SagaQueryText Query(string? text)
    {
        try
        {
            return SagaQueryText.Parse(text);
        }
        catch (SagaQueryException exception)
        {
            throw Refusals.BadQuery(exception);
        }
    }

    public static void Check(ListQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        Check(query.Limit);
    }

    public static void Check(int limit)
    {
        if (limit is < 1 or > ManagementLimits.LargestPage)
        {
            throw Refusals.BadRequest($"'limit' takes 1 to {ManagementLimits.LargestPage}, not {limit}.");
        }
    }

    private static ManagementException? Problem(SkaldService service, Exception exception) => exception switch
    {
        ManagementException or OperationCanceledException => null,
        SagaMovedOnException moved => Refusals.MovedOn(moved),
        SagaVersionUnknownException unknown => Refusals.VersionUnknown(unknown),
        KeyNotFoundException => new ManagementException(new ManagementProblem(404, ProblemCodes.NotFound, exception.Message), exception),
        OverloadedException => new ManagementException(new ManagementProblem(503, ProblemCodes.Overloaded, $"Service '{service.Name}' has more to do than it can.") { Detail = "Try again later." }, exception),
        NotSupportedException => Refusals.NotSupported("The service does not know how to do this."),
        ArgumentException => Refusals.BadRequest(Parameter().Replace(exception.Message, "")),
        _ when exception is StoreUnavailableException || service.IsOutage(exception) => Refusals.Unreachable(service.Name, "Its database cannot be used at the moment.", exception),
        _ => null,
    };

    [GeneratedRegex(@"\s*\(Parameter '[^']*'\)")]
    private static partial Regex Parameter();
}
