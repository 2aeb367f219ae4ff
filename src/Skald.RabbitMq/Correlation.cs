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

        Span<Range> parts = stackalloc Range[4];
        var span = text.AsSpan();
        return span.Split(parts, '/') == 4 && span[parts[2]] is "do" or "undo" && !span[parts[3]].IsEmpty
            && int.TryParse(span[parts[1]], NumberStyles.None, CultureInfo.InvariantCulture, out var attempt)
            ? new Correlation(new SagaId(saga), Names.Of(span[parts[3]]), attempt, span[parts[2]] is "undo")
            : null;
    }
}
