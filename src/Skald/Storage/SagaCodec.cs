using System.Text.Json;
using Skald.Decisions;
using Skald.Definition;
using Skald.Messaging;

namespace Skald.Storage;

/// <summary>Between a saga and its row.</summary>
internal static class SagaCodec
{
    public const int LongestKey = 200;

    /// <param name="plan">The running definition.</param>
    /// <param name="saga">The saga, with the version it gets.</param>
    /// <param name="state">Its state as JSON.</param>
    /// <param name="loaded">The row it was read from; null for a new one.</param>
    /// <param name="now">The clock.</param>
    /// <param name="startKey">Of a new one, where not as many may have one key as there are: the key that it has taken.</param>
    /// <param name="traceParent">The trace context in which it was started.</param>
    /// <param name="incarnation">The instance that has its open commands.</param>
    public static SagaRow ToRow(SagaPlan plan, SagaInstance saga, ReadOnlyMemory<byte> state, SagaRow? loaded, DateTimeOffset now, string? startKey = null, string? traceParent = null, long? incarnation = null) => new()
    {
        Id = saga.Id.Value,
        Definition = saga.Definition,
        PlanVersion = plan.Version,
        Version = saga.Version,
        Status = saga.Status,
        State = state,
        StateIsUnchanged = loaded is not null && loaded.State.Span.SequenceEqual(state.Span),
        Steps = StepCodec.Encode(plan, saga.Steps),
        FailedStep = saga.Failure?.Step,
        FailureType = saga.Failure?.Type,
        FailureMessage = saga.Failure?.Message,
        ParkReason = saga.ParkReason,
        WakeAt = saga.WakeAt is { } wakeAt ? UnixTime.From(wakeAt) : null,
        StartedAt = loaded?.StartedAt ?? UnixTime.From(saga.StartedAt),
        UpdatedAt = UnixTime.From(now),
        EndedAt = saga.Status.IsFinal() ? loaded?.EndedAt ?? UnixTime.From(now) : null,
        BusinessKey = KeyOf(plan, saga.State, loaded, startKey),
        TraceParent = traceParent,
        Incarnation = incarnation,
    };

    /// <summary>The saga of a row, or why this process cannot carry it on. Never throws: a damaged row is data.</summary>
    public static SagaInstance? FromRow(SagaPlan plan, SagaRow row, MessageSerializer serializer, out string? problem)
    {
        var steps = StepCodec.Decode(plan, row.Steps, out problem);
        problem ??= Enum.IsDefined(row.Status) ? null : $"its status is {(int)row.Status}, which there is not";
        object? state = null;
        try
        {
            state = StateCodec.Read(plan, row.State, serializer);
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException or ArgumentException or InvalidOperationException)
        {
            problem ??= $"its state cannot be read as {plan.StateType.Name}: {exception.Message}";
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // A constructor of the author's threw.
            problem ??= $"its state cannot be read as {plan.StateType.Name}: {exception.GetType().Name}: {exception.Message}";
        }

        return problem is not null || state is null ? null : new SagaInstance
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

    /// <summary>The row of a saga that a person has to look at; the rest stays as it is: nothing is guessed.</summary>
    /// <param name="row">The row.</param>
    /// <param name="reason">What they are told.</param>
    /// <param name="now">The clock.</param>
    /// <param name="incarnation">Who will find it by itself; nobody unless given.</param>
    public static SagaRow Park(SagaRow row, string reason, DateTimeOffset now, long? incarnation = null) => row with
    {
        Version = row.Version + 1,
        StateIsUnchanged = true,
        Status = SagaStatus.Parked,
        ParkReason = reason,
        WakeAt = null,
        Incarnation = incarnation,
        EndedAt = null,
        UpdatedAt = UnixTime.From(now),
    };

    /// <summary>A business key as it is stored and looked for: one that is too long is cut.</summary>
    public static string Key(string key) =>
        key.Length <= LongestKey ? key : key[..(char.IsHighSurrogate(key[LongestKey - 1]) ? LongestKey - 1 : LongestKey)];

    /// <summary>A state of an older version may lack what the key is made of: such a saga keeps the key it has.</summary>
    private static string? KeyOf(SagaPlan plan, object state, SagaRow? loaded, string? startKey)
    {
        if (plan.KeyUse != KeyUse.Many)
        {
            return loaded is not null ? loaded.BusinessKey : startKey is null ? null : Key(startKey);
        }

        try
        {
            return plan.Key?.Invoke(state) is { } key ? Key(key) : loaded?.BusinessKey;
        }
        catch (Exception exception) when (loaded is not null && exception is not OutOfMemoryException)
        {
            return loaded.BusinessKey;
        }
    }
}
