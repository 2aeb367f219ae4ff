using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Skald.Management;

/// <summary>Jobs as people see them.</summary>
internal static class JobItems
{
    /// <exception cref="ManagementException">It is no status.</exception>
    public static JobState? StateOf(string? word)
    {
        if (word is null)
        {
            return null;
        }

        foreach (var state in Enum.GetValues<JobState>())
        {
            if (Words.Of(state) == word)
            {
                return state;
            }
        }

        throw Refusals.BadRequest($"'{word}' is no status of jobs.", $"Use {string.Join(", ", Enum.GetValues<JobState>().Select(Words.Of))}.");
    }

    /// <summary>What a job's query can hold, it keeps: who matches later is told by it.</summary>
    /// <exception cref="ManagementException">It means everything, or what a job cannot keep.</exception>
    public static SagaQuery Query(SagaQueryText query, string service, DateTimeOffset now)
    {
        if (query.Services.Any(named => named != service))
        {
            throw Refusals.BadRequest("A job is of one service.", $"Leave service: out of the query, or name {service} alone.");
        }

        if (query with { Services = [] } == SagaQueryText.Everything)
        {
            throw Refusals.BadRequest("The query means every saga there is.", "Say which are meant, such as status:parked.");
        }

        if (query is { Key: not null, Word: not null })
        {
            throw Refusals.BadRequest("A job's query names one key.", $"Leave out key: or '{query.Word}'.");
        }

        if (query.Definitions.Count > 1 || (query.Word is { } word && SagaId.TryParse(word, out _)))
        {
            throw Refusals.BadRequest("A job is for the sagas of one definition, or of all.", "Begin one for each saga:; act on a single saga by its own route.");
        }

        return new SagaQuery
        {
            Definition = query.Definitions is [var definition, ..] ? definition : null,
            Statuses = query.Statuses.Count == 0 ? null : [.. query.Statuses],
            Key = query.Key ?? query.Word,
            StartedBefore = query.OlderThan is { } older ? now - older : null,
            StartedFrom = query.YoungerThan is { } younger ? now - younger : null,
            FailedStep = query.Step,
            FailureType = query.Error,
        };
    }

    /// <summary>A repeat under one key is about one job, whichever process is asked; null where there is no key.</summary>
    public static Guid? IdOf(ActTerms terms) =>
        terms.Key is { } key ? new Guid(SHA256.HashData(Encoding.UTF8.GetBytes($"job\n{terms.Actor}\n{key}")).AsSpan(0, 16), bigEndian: true) : null;

    /// <summary>Whether a job is the one that is asked for, as far as it is shown: what an act sets may be hidden.</summary>
    public static bool IsSame(JobItem job, ActRequest act, string q, double perSecond) => job.Act is { } begun
        && (begun.Act, begun.Step, begun.Event, begun.To, begun.Reason, job.Q, job.PerSecond) == (act.Act, act.Step, act.Event, act.To, act.Reason, q, perSecond);

    public static JobItem Of(string service, SagaJob job, DateTimeOffset now) => new()
    {
        Service = service,
        Id = job.Id.ToString(),
        Q = Text(job.Query, job.CreatedAt),
        Act = job.Act is { } act ? ActRequests.Of(act, job.Reason) : null,
        Status = Words.Of(job.State),
        PerSecond = job.RatePerSecond,
        Total = job.Matched,
        Done = job.Done,
        Refused = job.Refused,
        Failed = job.Failed,
        Actor = job.Actor,
        Reason = job.Reason,
        StartedAt = job.CreatedAt,
        EndedAt = job.EndedAt,
        Why = Why(job, now),
    };

    private static string Why(SagaJob job, DateTimeOffset now)
    {
        var through = job.Done + job.Refused + job.Failed;
        var so = string.Create(CultureInfo.InvariantCulture, $"{through} of {job.Matched} {(through == 1 ? "is" : "are")} through: {job.Done} done, {job.Refused} refused, {job.Failed} failed");
        return job.State switch
        {
            JobState.Running => $"{so}; {job.RatePerSecond.ToString("0.##", CultureInfo.InvariantCulture)} a second.",
            JobState.Suspended => $"{so}; it waits until somebody resumes it.",
            JobState.Stopped => $"{so}; somebody stopped it.",
            _ => $"{so}, in {Durations.Text((job.EndedAt ?? now) - job.CreatedAt)}.",
        };
    }

    /// <summary>Between the question and the job's beginning lies a moment, which nobody meant.</summary>
    private static TimeSpan Seconds(TimeSpan age) => TimeSpan.FromSeconds(Math.Round(age.TotalSeconds));

    /// <summary>A query as people type it.</summary>
    public static string Text(SagaQuery query, DateTimeOffset at) => new SagaQueryText
    {
        Statuses = [.. query.Statuses ?? (query.Status is { } status ? [status] : [])],
        Definitions = query.Definition is { } definition ? [definition] : [],
        Key = query.Key,
        // What was started after the job was begun is not meant, and need not be said.
        OlderThan = query.StartedBefore is { } before && Seconds(at - before) is { Ticks: > 0 } older ? older : null,
        YoungerThan = query.StartedFrom is { } from ? Seconds(at - from) : null,
        Step = query.FailedStep,
        Error = query.FailureType,
    }.ToString();
}

/// <summary>Where a page of the audit ends: the number of each service's last one, as services count for themselves.</summary>
internal static class AuditCursor
{
    /// <exception cref="ManagementException">It is no cursor.</exception>
    public static Dictionary<string, long> Read(string? cursor)
    {
        var ends = new Dictionary<string, long>();
        foreach (var part in (cursor ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            ends[part.Split('=')[0]] = part.Split('=') is [_, var text] && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
                ? number
                : throw Refusals.BadRequest("The cursor is none.", "Take the one that the page before gave as 'next'.");
        }

        return ends;
    }

    public static Page<AuditItem> Page(IEnumerable<AuditItem> items, string? cursor, int limit, bool goesOn = false)
    {
        // A service's page goes on by numbers, and clocks may disagree with them: times only decide between services.
        var services = items.GroupBy(item => item.Service).OrderBy(service => service.Key, StringComparer.Ordinal).Select(service => service.OrderByDescending(item => item.Number));
        var all = Heads.Merge(services, item => -item.At.UtcTicks).ToList();
        var ends = Read(cursor);
        foreach (var item in all.Take(limit))
        {
            ends[item.Service] = Math.Min(item.Number, ends.GetValueOrDefault(item.Service, long.MaxValue));
        }

        return new Page<AuditItem>([.. all.Take(limit)])
        {
            Next = all.Count > limit || (goesOn && all.Count > 0) ? string.Join(',', ends.OrderBy(end => end.Key, StringComparer.Ordinal).Select(end => FormattableString.Invariant($"{end.Key}={end.Value}"))) : null,
        };
    }
}
