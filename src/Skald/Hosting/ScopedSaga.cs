using Skald.Definition;
using Skald.Messaging;

namespace Skald.Hosting;

/// <summary>
/// A saga whose class needs more than singletons. What it defines is read once, off an object that is made at start-up; its local code is called on an object of
/// the call's own scope, which defines itself anew.
/// </summary>
/// <param name="target">Where a call's object comes from.</param>
internal sealed class ScopedSaga(CallTarget target)
{
    /// <summary>The plan with local code that belongs to another object at each call.</summary>
    public SagaPlan Of(SagaPlan plan) => plan.WithSteps(step => step with { Work = Of(step.Work, plan.Version, step.Index) });

    private StepWork Of(StepWork work, int version, int step)
    {
        var mended = work.UndoAction is null ? work : work with { UndoAction = Calls(version, step, w => w.UndoAction!) };
        return mended is StepWork.Local local ? local with { Do = Calls(version, step, w => ((StepWork.Local)w).Do) } : mended;
    }

    private LocalAction Calls(int version, int step, Func<StepWork, LocalAction> code) => (state, context) =>
    {
        // What is wrong with it was said at start-up.
        var plans = ((Saga)target.For(context)).BuildPlans([]);
        return code(plans.First(plan => plan.Version == version).Steps[step].Work)(state, context);
    };
}
