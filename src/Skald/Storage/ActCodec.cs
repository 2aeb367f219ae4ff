using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Skald.Storage;

/// <summary>Acts and filters as jobs keep them: JSON.</summary>
internal static class ActCodec
{
    public static string Encode(SagaAct act) => Write(json =>
    {
        json.WriteString("act", act.Name);
        if (act.AboutStep is { } step)
        {
            json.WriteString("step", step);
        }

        switch (act)
        {
            case SagaAct.MoveTimer { To: { } to }:
                json.WriteString("to", to);
                break;
            case SagaAct.EditState edit:
                json.WritePropertyName("patch");
                edit.Patch.WriteTo(json);
                break;
            case SagaAct.Raise raise:
                json.WriteString("event", raise.Event);
                json.WritePropertyName("body");
                raise.Body.WriteTo(json);
                break;
        }
    });

    /// <summary>What was encoded; null when it is none that is known here, as after a downgrade.</summary>
    public static SagaAct? Decode(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            var act = json.RootElement;
            string Step() => act.GetProperty("step").GetString() ?? "";
            return act.GetProperty("act").GetString() switch
            {
                "resume" => new SagaAct.Resume(),
                "retry" => new SagaAct.Retry(),
                "skip" => new SagaAct.Skip(Step()),
                "compensate" => new SagaAct.Compensate(),
                "go-on-from" => new SagaAct.GoOnFrom(Step()),
                "pause" => new SagaAct.Pause(),
                "edit" => new SagaAct.EditState(act.GetProperty("patch").Clone()),
                "cancel" => new SagaAct.Cancel(),
                "fire-timer" => new SagaAct.FireTimer(Step()),
                "move-timer" => new SagaAct.MoveTimer(Step(), act.TryGetProperty("to", out var to) ? to.GetDateTimeOffset() : null),
                "raise" => new SagaAct.Raise(act.GetProperty("event").GetString() ?? "", act.GetProperty("body").Clone()),
                _ => null,
            };
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    public static string Encode(InstanceFilter filter) => Write(json =>
    {
        Text(json, "definition", filter.Definition);
        if (filter.Statuses is { } statuses)
        {
            json.WriteStartArray("statuses");
            foreach (var status in statuses)
            {
                json.WriteNumberValue(status);
            }

            json.WriteEndArray();
        }

        Text(json, "key", filter.Key);
        Time(json, "startedBefore", filter.StartedBefore);
        Time(json, "startedFrom", filter.StartedFrom);
        Time(json, "updatedBefore", filter.UpdatedBefore);
        Text(json, "failedStep", filter.FailedStep);
        Text(json, "failureType", filter.FailureType);
    });

    /// <summary>What was encoded; null when it cannot be read.</summary>
    public static InstanceFilter? DecodeFilter(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            var filter = json.RootElement;
            string? Text(string name) => filter.TryGetProperty(name, out var value) ? value.GetString() : null;
            long? Time(string name) => filter.TryGetProperty(name, out var value) ? value.GetInt64() : null;
            return new InstanceFilter
            {
                Definition = Text("definition"), Key = Text("key"), StartedBefore = Time("startedBefore"), StartedFrom = Time("startedFrom"), UpdatedBefore = Time("updatedBefore"),
                FailedStep = Text("failedStep"), FailureType = Text("failureType"),
                Statuses = filter.TryGetProperty("statuses", out var statuses) ? [.. statuses.EnumerateArray().Select(s => s.GetInt32())] : null,
            };
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    /// <summary>A page's end, as a job keeps it.</summary>
    public static string Encode(PagePosition position) => FormattableString.Invariant($"{position.StartedAt}-{position.Id:N}");

    /// <summary>What was encoded; null when it is none.</summary>
    public static PagePosition? DecodePosition(string? text) =>
        text?.LastIndexOf('-') is > 0 and var dash && long.TryParse(text.AsSpan(0, dash), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var at)
            && Guid.TryParseExact(text.AsSpan(dash + 1), "N", out var id)
            ? new PagePosition(at, id)
            : null;

    private static void Text(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }

    private static void Time(Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } time)
        {
            json.WriteNumber(name, time);
        }
    }

    private static string Write(Action<Utf8JsonWriter> members)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
