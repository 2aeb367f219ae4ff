using Skald.Definition;

namespace Skald;

/// <summary>A choreography, declared: every service that takes part adds it with <c>AddFlow</c>.</summary>
/// <remarks>
/// Services react to events on their own; the declaration does not steer them. The service that publishes the first event
/// owns the flow: it keeps a record of each instance, sees what is overdue, and raises the events declared for that.
/// </remarks>
public abstract class Flow
{
    /// <summary>The stable name: the class name in kebab case without <c>Flow</c>, unless overridden.</summary>
    public virtual string Name => StableName.Of(GetType().Name, "Flow");

    /// <summary>Says which event leads to which. Called once, at start-up.</summary>
    protected abstract void Define(FlowBuilder flow);

    /// <summary>The checked plan, for tests and tools.</summary>
    /// <exception cref="SagaDefinitionException">The declaration makes no sense; lists every problem.</exception>
    public FlowPlan Plan()
    {
        var problems = new List<string>();
        var plan = BuildPlan(problems);
        return problems.Count == 0 ? plan : throw new SagaDefinitionException(problems);
    }

    internal FlowPlan BuildPlan(List<string> problems)
    {
        var builder = new FlowBuilder();
        Define(builder);
        var plan = builder.Build(Name);
        FlowChecks.Check(plan, problems);
        return plan;
    }
}
