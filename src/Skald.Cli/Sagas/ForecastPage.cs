using Skald.Cli.Output;
using Skald.Management;

namespace Skald.Cli.Sagas;

/// <summary>What an act would do, as people read it before they agree.</summary>
internal static class ForecastPage
{
    public static void Write(TextWriter writer, NamedForecast named, DateTimeOffset now)
    {
        var forecast = named.Forecast;
        Line($"{forecast.Act} {named.Service}/{named.Id}, at version {Words.Number(forecast.Version)}");
        if (forecast.Refused is { } why)
        {
            Line($"  is refused: {why}");
            return;
        }

        Line($"  from {forecast.Before} to {forecast.After}{(forecast.End is { } end && end != forecast.After ? $", and ends {end} if all goes well" : "")}");
        Lines("now", forecast.Now.Select(line => Said(line, now)));
        Lines("then", forecast.Then.Select(line => Said(line, now)));
        Lines("in doubt", forecast.InDoubt.Select(doubt => $"{doubt.Step}: {doubt.Why}"));
        Lines("stays done", forecast.Stays);
        if (forecast.State is { } state)
        {
            Line("  state afterwards");
            foreach (var line in JsonText.Indented(state, ManagementJson.Of<System.Text.Json.JsonElement>()).Split('\n'))
            {
                writer.WriteLine($"    {line}");
            }
        }

        void Lines(string heading, IEnumerable<string> lines)
        {
            foreach (var line in lines)
            {
                Line($"  {heading,-10} {line}");
                heading = "";
            }
        }

        void Line(string text) => writer.WriteLine(PlainText.Of(text));
    }

    private static string Said(ForecastLine line, DateTimeOffset now) =>
        $"{line.Says}{(line.Due is { } due ? $" ({When.Ago(due, now)})" : "")}{(line.Repeats ? " (as before: its participant recognises it)" : "")}";
}
