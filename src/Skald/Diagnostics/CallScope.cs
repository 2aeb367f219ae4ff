using System.Collections;

namespace Skald.Diagnostics;

/// <summary>What log lines of handlers and steps have in common: service, saga, step and message, as far as there are any. Nothing is made before somebody reads it.</summary>
internal sealed class CallScope(CallCause cause) : IReadOnlyList<KeyValuePair<string, object?>>
{
    private List<KeyValuePair<string, object?>> Values => field ??= Read();

    public int Count => Values.Count;

    public KeyValuePair<string, object?> this[int index] => Values[index];

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => Values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString() => string.Join(", ", Values.Select(pair => $"{pair.Key}: {pair.Value}"));

    private List<KeyValuePair<string, object?>> Read()
    {
        var values = new List<KeyValuePair<string, object?>> { new("Service", cause.Service) };
        Add("SagaId", (cause.Saga ?? cause.Message?.Saga)?.ToString());
        Add("Step", cause.Step ?? cause.Message?.Step);
        Add("MessageId", cause.Message?.Id.ToString());
        return values;

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                values.Add(new(name, value));
            }
        }
    }
}
