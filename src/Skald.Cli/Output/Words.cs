using System.Globalization;
using Spectre.Console;

namespace Skald.Cli.Output;

/// <summary>Values as words, the same wherever they stand.</summary>
internal static class Words
{
    /// <summary>A moment for people: UTC, to the second.</summary>
    public static string Moment(DateTimeOffset moment) => moment.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>A moment, and how far away it is.</summary>
    public static string? Moment(DateTimeOffset? moment, DateTimeOffset now) => moment is { } at ? $"{Moment(at)} ({When.Ago(at, now)})" : null;

    public static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    public static string? Seconds(double? seconds) => seconds is { } known ? When.Length(TimeSpan.FromSeconds(known)) : null;

    /// <summary>The colour of a status or state; the word says the same.</summary>
    public static Color? Colour(string status) => status switch
    {
        "running" or "sent" or "waiting" or "catching-up" or "starting" => Color.Blue,
        "completed" or "done" or "current" => Color.Green,
        "compensating" or "retrying" or "undoing" or "undo-retrying" or "in-doubt" => Color.Yellow,
        "parked" or "stuck" or "stopped" or "unreachable" or "undo-failed" => Color.Red,
        "compensated" or "undone" or "nothing-to-undo" or "skipped" or "remaining" => Color.Grey,
        _ => null,
    };
}
