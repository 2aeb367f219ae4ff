using Skald.Definition;

namespace Skald;

/// <summary>A step of whatever kind, being described.</summary>
public interface IStep
{
    /// <summary>Its stable identity.</summary>
    string Name { get; }
}

/// <summary>The versions of its definition that have a step, and the names that it had.</summary>
public static class StepVersions
{
    /// <summary>The step came with a version: sagas that were started under an earlier one do not take it.</summary>
    /// <param name="step">The step.</param>
    /// <param name="version">The first version that has it: 1 to the definition's own.</param>
    public static TStep Since<TStep>(this TStep step, int version) where TStep : IStep
    {
        DraftOf(step).Since = version;
        return step;
    }

    /// <summary>The step went with a version: only sagas that were started under an earlier one take it.</summary>
    /// <param name="step">The step.</param>
    /// <param name="version">The first version without it: 2 to the definition's own.</param>
    public static TStep Until<TStep>(this TStep step, int version) where TStep : IStep
    {
        DraftOf(step).Until = version;
        return step;
    }

    /// <summary>A name the step had before, under the same version: sagas that began it by that name go on.</summary>
    /// <remarks>Enough where no process with the old name runs beside this one. Otherwise raise the definition's version and say before which.</remarks>
    public static TStep Formerly<TStep>(this TStep step, string name) where TStep : IStep
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        DraftOf(step).FormerNames.Add(name);
        return step;
    }

    /// <summary>The name of the step in sagas that were started under a version before this one: they keep it to their end.</summary>
    /// <param name="step">The step.</param>
    /// <param name="name">Its name then.</param>
    /// <param name="before">The first version with another name: 2 to the definition's own.</param>
    public static TStep Formerly<TStep>(this TStep step, string name, int before) where TStep : IStep
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        DraftOf(step).OlderNames.Add((name, before));
        return step;
    }

    // Every step is made here.
    private static StepDraft DraftOf(IStep step) => ((IDraftedStep)step).Draft;
}

/// <summary>A step's builder.</summary>
internal interface IDraftedStep
{
    StepDraft Draft { get; }
}
