using System.Globalization;
using System.Text.Json;
using Skald.Storage;

namespace Skald.Management;

/// <summary>Events as people see them.</summary>
internal static class StreamEvents
{
    public static StreamEvent Of(StoredEvent stored)
    {
        var (body, hidden) = Body(stored.Event.Body);
        return new StreamEvent
        {
            Version = stored.Event.Version,
            Position = stored.Position.ToString(),
            Type = stored.Event.Type,
            Body = body,
            BodyHidden = hidden,
            At = DateTimeOffset.FromUnixTimeMilliseconds(stored.Event.At),
            Correlation = stored.Event.Correlation?.ToString(),
            Causation = stored.Event.Causation?.ToString(),
            Actor = stored.Event.Actor,
        };
    }

    private static (JsonElement? Body, string? Hidden) Body(ReadOnlyMemory<byte> body)
    {
        if (body.Length > ManagementLimits.LargestBodyBytes)
        {
            return (null, string.Create(CultureInfo.InvariantCulture, $"It has {body.Length} bytes; at most {ManagementLimits.LargestBodyBytes} are shown."));
        }

        try
        {
            using var document = JsonDocument.Parse(body);
            return (document.RootElement.Clone(), null);
        }
        catch (JsonException)
        {
            return (null, "It is no JSON.");
        }
    }
}

/// <summary>Positions of events as <see cref="EventPosition.ToString"/> writes them.</summary>
internal static class EventPositions
{
    /// <summary>Null when it is none.</summary>
    public static EventPosition? Parse(string? text) => (text ?? "").Split('/') switch
    {
        [var number] when Read(number) is { } only => new EventPosition(0, only),
        [var transaction, var number] when Read(transaction) is { } order && Read(number) is { } place => new EventPosition(order, place),
        _ => null,
    };

    private static long? Read(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
