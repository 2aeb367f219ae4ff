using Skald.Decisions;
using Skald.Definition;
using Skald.Messaging;
using Skald.Storage;

namespace Skald.Testing;

/// <summary>A process with other code for a saga's version: it reads what was stored, decides, and stores what it decided.</summary>
/// <param name="plan">Its plan.</param>
/// <param name="decide">The rules, which are the same.</param>
internal sealed class OtherProcess(SagaPlan plan, Decider decide)
{
    private static readonly MessageSerializer Json = new();

    /// <summary>Decides for a saga that is told in terms of the first process's plan.</summary>
    /// <exception cref="InvalidOperationException">One cannot go on with what the other has stored.</exception>
    public Decision Decide(SagaPlan first, SagaInstance saga, SagaInput input, DateTimeOffset now)
    {
        var decision = decide(plan, Stored(first, plan, saga), input, now);
        return decision with { Next = decision.Changed ? Stored(plan, first, decision.Next) : saga };
    }

    private static SagaInstance Stored(SagaPlan by, SagaPlan forWhom, SagaInstance saga)
    {
        var steps = StepCodec.Decode(forWhom, StepCodec.Encode(by, saga.Steps), out var difference);
        return difference is not null
            ? throw new InvalidOperationException(difference)
            : saga with { Steps = steps, State = StateCodec.Read(forWhom, StateCodec.Write(by, saga.State, Json), Json) };
    }
}
