using System.Globalization;

namespace Skald.RabbitMq;

/// <summary>
/// What <c>correlation-id</c> says, so that a participant that only copies it back is understood: the saga alone, or
/// <c>saga/secret/attempt/do/step</c> and <c>saga/secret/attempt/undo/step</c>. The step comes last because its name is free text.
/// </summary>
internal readonly record struct Correlation(SagaId Saga, string? Step, Guid Secret, int Attempt, bool Undo)
{
    public override string ToString() => Step is null
        ? Saga.ToString()
        : string.Create(CultureInfo.InvariantCulture, $"{Saga.Value}/{Secret:N}/{Attempt}/{(Undo ? "undo" : "do")}/{Step}");

    public static Correlation? TryParse(string? text)
    {
        if (text is null || text.Length < 36 || !Guid.TryParseExact(text.AsSpan(0, 36), "D", out var saga))
        {
            return null;
        }

        if (text.Length == 36)
        {
            return new Correlation(new SagaId(saga), null, default, 0, false);
        }

        Span<Range> parts = stackalloc Range[5];
        var span = text.AsSpan();
        return span.Split(parts, '/') == 5 && span[parts[3]] is "do" or "undo" && !span[parts[4]].IsEmpty
            && Guid.TryParseExact(span[parts[1]], "N", out var secret) && int.TryParse(span[parts[2]], NumberStyles.None, CultureInfo.InvariantCulture, out var attempt)
            ? new Correlation(new SagaId(saga), Names.Of(span[parts[4]]), secret, attempt, span[parts[3]] is "undo")
            : null;
    }
}
