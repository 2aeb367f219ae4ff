using System.Text;
using System.Text.Json;
using Skald.Definition;
using Skald.Messaging;
using Skald.Storage;

namespace Skald.Runtime;

/// <summary>What a start was answered, as it is remembered: <c>{"saga":"...","version":1,"state":{...}}</c>.</summary>
internal static class StartAnswer
{
    public static byte[] Write(SagaId saga, object state, SagaPlan plan, MessageSerializer serializer)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("saga"u8, saga.Value);
            json.WriteNumber("version"u8, plan.Version);
            json.WritePropertyName("state"u8);
            json.WriteRawValue(StateCodec.Write(plan, state, serializer));
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    /// <param name="answer">What is remembered.</param>
    /// <param name="planOf">The plan of a version; null when this process does not know it.</param>
    /// <param name="given">The state that the repeat gives, which is answered where the remembered one has a shape that cannot be read here.</param>
    /// <param name="serializer">Reads it.</param>
    public static (SagaId Saga, object State) Read(ReadOnlyMemory<byte> answer, Func<int, SagaPlan?> planOf, object given, MessageSerializer serializer)
    {
        using var json = JsonDocument.Parse(answer);
        var id = new SagaId(json.RootElement.GetProperty("saga"u8).GetGuid());
        if (planOf(json.RootElement.TryGetProperty("version"u8, out var version) ? version.GetInt32() : 1) is not { } plan || !plan.StateType.IsInstanceOfType(given))
        {
            return (id, given);
        }

        return (id, StateCodec.Read(plan, Encoding.UTF8.GetBytes(json.RootElement.GetProperty("state"u8).GetRawText()), serializer));
    }
}
