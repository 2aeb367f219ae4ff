using Skald.Definition;

namespace Skald;

/// <summary>Base of saga definitions. Use <see cref="Saga{TState}"/>.</summary>
public abstract class Saga
{
    private protected Saga()
    {
    }

    /// <summary>The definition's stable name: the class name in kebab case without <c>Saga</c>, unless overridden.</summary>
    public virtual string Name => StableName.Of(GetType().Name, "Saga");

    internal abstract SagaPlan BuildPlan(List<string> problems);
}

/// <summary>A saga definition: the order of its steps, their deadlines and how each is undone.</summary>
/// <typeparam name="TState">An immutable record, stored as JSON.</typeparam>
public abstract class Saga<TState> : Saga where TState : class
{
    /// <summary>Says what the saga does. Called once, at start-up.</summary>
    protected abstract void Define(SagaBuilder<TState> saga);

    /// <summary>The checked plan, for tests and tools.</summary>
    /// <exception cref="SagaDefinitionException">The definition makes no sense; lists every problem.</exception>
    public SagaPlan Plan()
    {
        var problems = new List<string>();
        var plan = BuildPlan(problems);
        return problems.Count == 0 ? plan : throw new SagaDefinitionException(problems);
    }

    internal override SagaPlan BuildPlan(List<string> problems)
    {
        var builder = new SagaBuilder<TState>();
        Define(builder);
        var plan = builder.Build(Name, problems);
        PlanChecks.Check(plan, problems);
        return plan;
    }
}
