using System.Text.Json;
using Skald.Definition;
using Skald.Messaging;

namespace Skald.Runtime;

/// <summary>What a start was answered, as it is remembered: <c>{"saga":"...","state":{...}}</c>.</summary>
internal static class StartAnswer
{
    public static byte[] Write(SagaId saga, object state, SagaPlan plan, MessageSerializer serializer)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("saga"u8, saga.Value);
            json.WritePropertyName("state"u8);
            json.WriteRawValue(serializer.Write(state, plan.StateType));
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    public static (SagaId Saga, object State) Read(ReadOnlyMemory<byte> answer, SagaPlan plan, MessageSerializer serializer)
    {
        using var json = JsonDocument.Parse(answer);
        var state = JsonSerializer.SerializeToUtf8Bytes(json.RootElement.GetProperty("state"u8));
        return (new SagaId(json.RootElement.GetProperty("saga"u8).GetGuid()), serializer.Read(state, plan.StateType));
    }
}
