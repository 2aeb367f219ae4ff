namespace Skald.Decisions;

/// <summary>A saga being driven: where decisions go, and who runs the local code they ask for.</summary>
internal interface IDrivenSaga
{
    /// <summary>The saga as it stands.</summary>
    SagaInstance Instance { get; }

    /// <summary>Decides one input, as <see cref="SagaDecider.Decide"/> does.</summary>
    Decision Decide(SagaInput input, DateTimeOffset now);

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
    /// <param name="saga">The saga.</param>
    /// <param name="input">What happened.</param>
    /// <param name="now">The clock.</param>
    public static async ValueTask DriveAsync(IDrivenSaga saga, SagaInput input, DateTimeOffset now)
    {
        for (var next = input; next is not null;)
        {
            var decision = saga.Decide(next, now);
            saga.Take(decision);
            // A decision that runs local code ends with it.
            next = decision.Effects is [.., Effect.RunLocal local] ? await saga.RunAsync(local) : null;
        }
    }

    /// <summary>Drives a saga whose local code finishes at once, as in a spec.</summary>
    /// <exception cref="InvalidOperationException">It did not; what it does later is lost.</exception>
    public static void Drive(IDrivenSaga saga, SagaInput input, DateTimeOffset now)
    {
        var driving = DriveAsync(saga, input, now);
        if (!driving.IsCompleted)
        {
            throw new InvalidOperationException("The saga's local code did not finish at once.");
        }

        driving.GetAwaiter().GetResult();
    }
}
