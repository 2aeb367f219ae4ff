using System.Diagnostics.CodeAnalysis;
using Skald.Definition;

namespace Skald.Decisions;

/// <summary>Decides one input: <see cref="SagaDecider.Decide"/>, or in a test of the tests a rule that is broken on purpose.</summary>
[SuppressMessage("Naming", "CA1711", Justification = "It decides; the name says so.")]
internal delegate Decision Decider(SagaPlan plan, SagaInstance saga, SagaInput input, DateTimeOffset now);

/// <summary>A saga being driven: where decisions go, and who runs the local code they ask for.</summary>
internal interface IDrivenSaga
{
    /// <summary>The saga as it stands.</summary>
    SagaInstance Instance { get; }

    /// <summary>Takes a decision in; <see cref="Instance"/> is its next saga afterwards. What is to be sent is among its effects.</summary>
    void Take(Decision decision);

    /// <summary>Runs a step's local code, or its undo.</summary>
    /// <returns>What came of it.</returns>
    ValueTask<SagaInput> RunAsync(Effect.RunLocal local);
}

/// <summary>Decides, runs the local code that the decision asks for, and decides its result, until nothing is left to run.</summary>
internal static class SagaDriver
{
    /// <summary>Drives a saga with one input.</summary>
    /// <param name="plan">The definition that the saga runs.</param>
    /// <param name="saga">The saga.</param>
    /// <param name="input">What happened.</param>
    /// <param name="now">The clock.</param>
    /// <param name="decide">Decides each input.</param>
    public static async ValueTask DriveAsync(SagaPlan plan, IDrivenSaga saga, SagaInput input, DateTimeOffset now, Decider decide)
    {
        ArgumentNullException.ThrowIfNull(saga);
        ArgumentNullException.ThrowIfNull(decide);
        for (var next = input; next is not null;)
        {
            var decision = decide(plan, saga.Instance, next, now);
            saga.Take(decision);
            // A decision that runs local code ends with it.
            next = decision.Effects is [.., Effect.RunLocal local] ? await saga.RunAsync(local) : null;
        }
    }

    /// <summary>Drives a saga whose local code finishes at once, as in a spec.</summary>
    /// <exception cref="InvalidOperationException">It did not; what it does later is lost.</exception>
    public static void Drive(SagaPlan plan, IDrivenSaga saga, SagaInput input, DateTimeOffset now, Decider decide)
    {
        var driving = DriveAsync(plan, saga, input, now, decide);
        if (!driving.IsCompleted)
        {
            throw new InvalidOperationException("The saga's local code did not finish at once.");
        }

        driving.GetAwaiter().GetResult();
    }
}
