using System.Globalization;

namespace Skald.RabbitMq;

/// <summary>
/// What <c>correlation-id</c> says, so that a participant that only copies it back is understood: the saga alone, or
/// <c>saga/attempt/do/step</c> and <c>saga/attempt/undo/step</c>. The step comes last because its name is free text.
/// </summary>
internal readonly record struct Correlation(SagaId Saga, string? Step, int Attempt, bool Undo)
{
    public override string ToString() => Step is null
        ? Saga.ToString()
        : string.Create(CultureInfo.InvariantCulture, $"{Saga.Value}/{Attempt}/{(Undo ? "undo" : "do")}/{Step}");

    public static Correlation? TryParse(string? text)
    {
        if (text is null || text.Length < 36 || !Guid.TryParseExact(text.AsSpan(0, 36), "D", out var saga))
        {
            return null;
        }

        if (text.Length == 36)
        {
            return new Correlation(new SagaId(saga), null, 0, false);
        }

        var parts = text.Split('/', 4);
        return parts is [_, var attempt, "do" or "undo", { Length: > 0 } step] && int.TryParse(attempt, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? new Correlation(new SagaId(saga), step, number, parts[2] == "undo")
            : null;
    }
}
