using System.Globalization;
using System.Text.RegularExpressions;

namespace Skald.Cli;

/// <summary>Times as people type them: <c>1h</c>, <c>2d12h</c>, or a moment as RFC 3339 has it, <c>2026-11-30T09:00:00Z</c>.</summary>
internal static partial class When
{
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(3650);

    private static readonly string[] s_moments =
    [
        "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd' 'HH:mm:ssK", "yyyy-MM-dd' 'HH:mm:ss.FFFFFFFK",
    ];

    /// <summary>A length of time, such as <c>500ms</c>, <c>90s</c>, <c>1h30m</c>.</summary>
    public static bool TryReadSpan(string text, out TimeSpan span)
    {
        span = TimeSpan.Zero;
        if (text.Length > 40 || !Spans().IsMatch(text))
        {
            return false;
        }

        foreach (Match part in Span().Matches(text))
        {
            var ticks = (decimal)long.Parse(part.Groups[1].ValueSpan, CultureInfo.InvariantCulture) * UnitOf(part.Groups[2].Value).Ticks + span.Ticks;
            if (ticks > s_longest.Ticks)
            {
                return false;
            }

            span = TimeSpan.FromTicks((long)ticks);
        }

        return true;
    }

    /// <summary>A moment, or a length of time from now. A moment without an offset could be any of 24, and is refused.</summary>
    public static bool TryReadMoment(string text, DateTimeOffset now, out DateTimeOffset moment)
    {
        moment = default;
        if (TryReadSpan(text, out var span))
        {
            moment = now + span;
            return true;
        }

        return HasOffset().IsMatch(text) && DateTimeOffset.TryParseExact(text.ToUpperInvariant(), s_moments, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out moment);
    }

    /// <summary>How long ago, or how far away, in its two largest units.</summary>
    public static string Ago(DateTimeOffset moment, DateTimeOffset now) =>
        moment <= now ? $"{Length(now - moment)} ago" : $"in {Length(moment - now)}";

    /// <summary>A length of time in its two largest units: <c>4 s</c>, <c>2 m 5 s</c>, <c>3 d 4 h</c>.</summary>
    public static string Length(TimeSpan span) => span switch
    {
        { TotalSeconds: < 1 } => $"{span.TotalMilliseconds:0} ms",
        { TotalMinutes: < 1 } => $"{span.Seconds} s",
        { TotalHours: < 1 } => $"{span.Minutes} m {span.Seconds} s",
        { TotalDays: < 1 } => $"{span.Hours} h {span.Minutes} m",
        _ => $"{(int)span.TotalDays} d {span.Hours} h",
    };

    private static TimeSpan UnitOf(string unit) => unit switch
    {
        "ms" => TimeSpan.FromMilliseconds(1),
        "s" => TimeSpan.FromSeconds(1),
        "m" => TimeSpan.FromMinutes(1),
        "h" => TimeSpan.FromHours(1),
        _ => TimeSpan.FromDays(1),
    };

    [GeneratedRegex(@"\A(?:[0-9]{1,12}(?:ms|s|m|h|d))+\z", RegexOptions.NonBacktracking)]
    private static partial Regex Spans();

    [GeneratedRegex("([0-9]+)(ms|s|m|h|d)")]
    private static partial Regex Span();

    [GeneratedRegex(@"(?:[zZ]|[+-][0-9]{2}:[0-9]{2})\z")]
    private static partial Regex HasOffset();
}
