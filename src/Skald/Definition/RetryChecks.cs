using Skald.Diagnostics;

namespace Skald.Definition;

/// <summary>The ranges of a step's retry policies, which the policy's documentation names.</summary>
internal static class RetryChecks
{
    private static readonly TimeSpan LongestDelay = TimeSpan.FromDays(30);

    public static void Check(SagaPlan plan, StepPlan step, List<string> problems)
    {
        if (step.Work is StepWork.Remote remote)
        {
            Check(remote.RefusalRetry, "RetryRefused", plan.Name, step.Name, problems);
        }

        Check(step.UndoRetry, "RetryUndo", plan.Name, step.Name, problems);
    }

    private static void Check(RetryPolicy policy, string which, string saga, string step, List<string> problems)
    {
        new Ranges((name, value, least, most) => problems.Add(ErrorCodes.RetryOutOfRange(saga, step, which, name, value, least, most)))
            .Between(policy.Retries, 0, 1000, nameof(policy.Retries))
            .Between(policy.Delay, TimeSpan.Zero, LongestDelay, nameof(policy.Delay))
            .Between(policy.MaxDelay, policy.Delay < LongestDelay ? policy.Delay : LongestDelay, LongestDelay, nameof(policy.MaxDelay));
    }
}
