using System.Globalization;

namespace Skald.Dashboard.Words;

/// <summary>Times as people say them.</summary>
internal static class Lengths
{
    /// <summary>A length of time in one or two units, such as <c>230 ms</c>, <c>12 min</c> or <c>3 d 4 h</c>.</summary>
    public static string Of(TimeSpan length)
    {
        var t = length < TimeSpan.Zero ? -length : length;
        return t.TotalMilliseconds < 1 ? "0 ms"
            : t.TotalSeconds < 1 ? Text($"{t.TotalMilliseconds:0} ms")
            : t.TotalSeconds < 10 ? Text($"{Math.Floor(t.TotalSeconds * 10) / 10:0.#} s")
            : t.TotalMinutes < 1 ? Text($"{Math.Floor(t.TotalSeconds):0} s")
            : t.TotalHours < 1 ? Two((int)t.TotalMinutes, "min", t.TotalMinutes < 5 ? t.Seconds : 0, "s")
            : t.TotalDays < 1 ? Two((int)t.TotalHours, "h", t.TotalHours < 10 ? t.Minutes : 0, "min")
            : Two((int)t.TotalDays, "d", t.TotalDays < 10 ? t.Hours : 0, "h");
    }

    /// <summary>Such as <c>12 min ago</c> and <c>in 27 s</c>.</summary>
    public static string Relative(DateTimeOffset at, DateTimeOffset now)
    {
        var away = at - now;
        return Math.Abs(away.TotalSeconds) < 1 ? "now" : away > TimeSpan.Zero ? $"in {Whole(away)}" : $"{Whole(-away)} ago";
    }

    /// <summary>In one unit, without parts of seconds: what a list has room for.</summary>
    public static string Whole(TimeSpan length) =>
        length.TotalSeconds < 1 ? "0 s"
        : length.TotalMinutes < 1 ? Text($"{Math.Floor(length.TotalSeconds):0} s")
        : length.TotalHours < 1 ? Text($"{Math.Floor(length.TotalMinutes):0} min")
        : length.TotalDays < 2 ? Text($"{Math.Floor(length.TotalHours):0} h")
        : Text($"{Math.Floor(length.TotalDays):0} d");

    private static string Two(int large, string unit, int small, string smallUnit) =>
        small == 0 ? Text($"{large} {unit}") : Text($"{large} {unit} {small} {smallUnit}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
