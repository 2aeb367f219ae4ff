using System.Collections;

namespace Skald.Diagnostics;

/// <summary>What log lines of handlers and steps have in common: service, saga, step and message, as far as there are any.</summary>
internal sealed class CallScope : IReadOnlyList<KeyValuePair<string, object?>>
{
    private readonly KeyValuePair<string, object?>[] _values;

    public CallScope(in CallCause cause)
    {
        var saga = cause.Saga ?? cause.Message?.Saga;
        _values = [.. new KeyValuePair<string, object?>[]
        {
            new("Service", cause.Service), new("SagaId", saga?.ToString()), new("Step", cause.Step ?? cause.Message?.Step), new("MessageId", cause.Message?.Id.ToString()),
        }.Where(pair => pair.Value is not null)];
    }

    public int Count => _values.Length;

    public KeyValuePair<string, object?> this[int index] => _values[index];

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => ((IEnumerable<KeyValuePair<string, object?>>)_values).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString() => string.Join(", ", _values.Select(pair => $"{pair.Key}: {pair.Value}"));
}
