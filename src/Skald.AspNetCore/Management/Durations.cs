using System.Globalization;

namespace Skald.Management;

/// <summary>Times as people say them in a sentence.</summary>
internal static class Durations
{
    /// <summary>Such as <c>41 ms</c>, <c>4 s</c>, <c>12 min</c>, <c>5 h</c>, <c>3 d</c>: two digits are enough to understand a wait.</summary>
    public static string Text(TimeSpan span)
    {
        span = span.Duration();
        return span switch
        {
            { TotalSeconds: < 1 } => Say(span.TotalMilliseconds, "ms"),
            { TotalMinutes: < 2 } => Say(span.TotalSeconds, "s"),
            { TotalHours: < 2 } => Say(span.TotalMinutes, "min"),
            { TotalDays: < 2 } => Say(span.TotalHours, "h"),
            _ => Say(span.TotalDays, "d"),
        };
    }

    /// <summary>Such as <c>until 14:02:31 UTC, in 27 s</c>; <c>since 14:02:31 UTC overdue</c> when that is over.</summary>
    public static string Until(DateTimeOffset due, DateTimeOffset now) =>
        due > now ? $"until {Clock(due, now)}, in {Text(due - now)}" : $"overdue since {Clock(due, now)}, for {Text(now - due)}";

    /// <summary>Such as <c>at 14:02:31 UTC, in 27 s</c>.</summary>
    public static string At(DateTimeOffset due, DateTimeOffset now) => due > now ? $"at {Clock(due, now)}, in {Text(due - now)}" : "now";

    private static string Clock(DateTimeOffset time, DateTimeOffset now) =>
        time.UtcDateTime.ToString(time.UtcDateTime.Date == now.UtcDateTime.Date ? "HH:mm:ss 'UTC'" : "yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    private static string Say(double value, string unit) => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(value):0} {unit}");
}
