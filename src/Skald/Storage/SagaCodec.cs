using System.Text.Json;
using Skald.Decisions;
using Skald.Definition;
using Skald.Messaging;

namespace Skald.Storage;

/// <summary>Between a saga and its row.</summary>
internal static class SagaCodec
{
    public static SagaRow ToRow(SagaPlan plan, SagaInstance saga, MessageSerializer serializer, DateTimeOffset now) => new(
        saga.Id.Value, saga.Definition, saga.Version, saga.Status, StateOf(plan, saga, serializer), StepCodec.Encode(plan, saga.Steps),
        saga.Failure?.Step, saga.Failure?.Type, saga.Failure?.Message, saga.ParkReason,
        saga.WakeAt is { } wakeAt ? UnixTime.From(wakeAt) : null, UnixTime.From(saga.StartedAt), UnixTime.From(now));

    /// <param name="plan">The running definition.</param>
    /// <param name="row">The saga's row.</param>
    /// <param name="serializer">Reads the state.</param>
    /// <param name="difference">Why the running definition cannot carry the saga on; null when it can.</param>
    public static SagaInstance FromRow(SagaPlan plan, SagaRow row, MessageSerializer serializer, out string? difference)
    {
        object state;
        var steps = StepCodec.Decode(plan, row.Steps, out difference);
        try
        {
            state = serializer.Read(row.State.Span, plan.StateType);
        }
        catch (JsonException exception)
        {
            difference ??= $"its state cannot be read as {plan.StateType.Name}: {exception.Message}";
            // Kept as it is: a parked saga's state is only written back.
            state = JsonSerializer.Deserialize<JsonElement>(row.State.Span);
        }

        return new SagaInstance
        {
            Id = new SagaId(row.Id),
            Definition = row.Definition,
            Version = row.Version,
            Status = row.Status,
            State = state,
            Steps = steps,
            Failure = row.FailedStep is null ? null : new SagaFailure(row.FailedStep, row.FailureType ?? "", row.FailureMessage ?? ""),
            ParkReason = row.ParkReason,
            WakeAt = row.WakeAt is { } wakeAt ? UnixTime.To(wakeAt) : null,
            StartedAt = UnixTime.To(row.StartedAt),
        };
    }

    /// <summary>A state is written as its declared type, as which it will be read; one that could not be read, as it was.</summary>
    internal static byte[] StateOf(SagaPlan plan, SagaInstance saga, MessageSerializer serializer) =>
        serializer.Write(saga.State, saga.State is JsonElement ? null : plan.StateType);
}
