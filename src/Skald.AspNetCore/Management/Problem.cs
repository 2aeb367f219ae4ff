using System.Text.Json.Serialization;

namespace Skald.Management;

/// <summary>Why there is no answer, as RFC 9457 has it.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Code">One of <see cref="ProblemCodes"/>: what programs look at.</param>
/// <param name="Title">What happened, in one sentence.</param>
public sealed record ManagementProblem(int Status, string Code, string Title)
{
    /// <summary>What to do about it; null when there is nothing to add.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Detail { get; init; }

    /// <summary>The version that the saga has now, where an act was meant for another.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Version { get; init; }

    /// <summary>Where in the query the mistake is, counted from 0; null where there is no query.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Position { get; init; }

    /// <summary>The trace in which it happened, for whoever reads the log.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TraceId { get; init; }
}

/// <summary>There is no answer.</summary>
/// <param name="problem">Why.</param>
/// <param name="inner">What was thrown; null when nothing was.</param>
public sealed class ManagementException(ManagementProblem problem, Exception? inner = null)
    : Exception((problem ?? throw new ArgumentNullException(nameof(problem))).Detail is { } detail ? $"{problem.Title} {detail}" : problem.Title, inner)
{
    /// <summary>Why.</summary>
    public ManagementProblem Problem { get; } = problem;
}

/// <summary>The codes of problems. They never change; the sentences beside them may.</summary>
public static class ProblemCodes
{
    /// <summary>400: the query cannot be read; <see cref="ManagementProblem.Position"/> says where.</summary>
    public const string BadQuery = "bad-query";

    /// <summary>400: something else that was asked makes no sense.</summary>
    public const string BadRequest = "bad-request";

    /// <summary>401: nobody knows who asks.</summary>
    public const string Unauthenticated = "unauthenticated";

    /// <summary>403: whoever asks may not.</summary>
    public const string Forbidden = "forbidden";

    /// <summary>403: the request does not come straight from this machine, and no policy says who may come from elsewhere.</summary>
    public const string NotFromHere = "not-from-here";

    /// <summary>403: a page of another site sent it.</summary>
    public const string OtherSite = "other-site";

    /// <summary>404: there is no such thing.</summary>
    public const string NotFound = "not-found";

    /// <summary>409: the state of the thing does not allow it. Nothing was done.</summary>
    public const string Refused = "refused";

    /// <summary>409: no process that answers knows the version that the saga runs.</summary>
    public const string VersionUnknown = "version-unknown";

    /// <summary>410: it was there, and has been removed some time after its end.</summary>
    public const string Removed = "removed";

    /// <summary>412: the saga is not at the version that was named. Nothing was done.</summary>
    public const string MovedOn = "moved-on";

    /// <summary>415: the body is not said to be JSON.</summary>
    public const string NotJson = "not-json";

    /// <summary>422: the idempotency key was used for something else. Nothing was done.</summary>
    public const string KeyUsedBefore = "key-used-before";

    /// <summary>500: a mistake of the program, which is in its log.</summary>
    public const string Failed = "failed";

    /// <summary>501: the process that was asked is older than the question.</summary>
    public const string NotSupported = "not-supported";

    /// <summary>503: the service, its database or its process cannot be reached.</summary>
    public const string Unreachable = "unreachable";

    /// <summary>503: too much is asked at once.</summary>
    public const string Overloaded = "overloaded";

    /// <summary>504: it took too long.</summary>
    public const string TooLate = "too-late";
}
