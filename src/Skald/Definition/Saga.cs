using Skald.Definition;
using Skald.Diagnostics;

namespace Skald;

/// <summary>Base of saga definitions. Use <see cref="Saga{TState}"/>.</summary>
public abstract class Saga
{
    private protected Saga()
    {
    }

    /// <summary>The definition's stable name: the class name in kebab case without <c>Saga</c>, unless overridden.</summary>
    public virtual string Name => StableName.Of(GetType().Name, "Saga");

    /// <summary>
    /// The definition's version, 1 to 1,000. Raise it with every change that sagas under way must not notice: each runs the plan of the version that it was
    /// started under, to its end.
    /// </summary>
    public virtual int Version => 1;

    /// <summary>The oldest version whose sagas this code still carries, 1 to <see cref="Version"/>.</summary>
    public virtual int OldestVersion => 1;

    /// <summary>The plans of all versions that it carries, the oldest first.</summary>
    internal abstract IReadOnlyList<SagaPlan> BuildPlans(List<string> problems);
}

/// <summary>A saga definition: the order of its steps, their deadlines and how each is undone.</summary>
/// <typeparam name="TState">An immutable record, stored as JSON.</typeparam>
public abstract class Saga<TState> : Saga where TState : class
{
    /// <summary>Says what the saga does. Called once, at start-up.</summary>
    protected abstract void Define(SagaBuilder<TState> saga);

    /// <summary>The checked plan of the present version, for tests and tools.</summary>
    /// <exception cref="SagaDefinitionException">The definition makes no sense; lists every problem.</exception>
    public SagaPlan Plan() => Plans()[^1];

    /// <summary>The checked plans of all versions that it carries, the oldest first.</summary>
    /// <exception cref="SagaDefinitionException">The definition makes no sense; lists every problem.</exception>
    public IReadOnlyList<SagaPlan> Plans()
    {
        var problems = new List<string>();
        var plans = BuildPlans(problems);
        return problems.Count == 0 ? plans : throw new SagaDefinitionException(problems);
    }

    internal override IReadOnlyList<SagaPlan> BuildPlans(List<string> problems)
    {
        var builder = new SagaBuilder<TState>();
        Define(builder);
        if (Version is < 1 or > 1000 || OldestVersion < 1 || OldestVersion > Version)
        {
            problems.Add(ErrorCodes.VersionOutOfRange(Name, Version, OldestVersion));
            return [builder.Build(Name, 1)];
        }

        builder.Check(Name, Version, problems);
        List<SagaPlan> plans = [.. Enumerable.Range(OldestVersion, Version - OldestVersion + 1).Select(version => builder.Build(Name, version))];
        PlanChecks.Check(plans, problems);
        return plans;
    }
}
