using System.Collections.Immutable;
using System.Globalization;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Skald.Definition;

/// <summary>A saga definition as data: built once, checked, then immutable.</summary>
public sealed class SagaPlan
{
    private readonly Range[] _stages;

    internal SagaPlan(string name, int version, Type stateType, ImmutableArray<StepPlan> steps)
    {
        (Name, Version) = (name, version);
        StateType = stateType;
        Steps = steps;
        var pivot = steps.FirstOrDefault(s => s.Kind == StepKind.Pivot);
        PivotIndex = pivot?.Index ?? -1;
        StageCount = steps.IsEmpty ? 0 : steps[^1].Stage + 1;
        _stages = new Range[StageCount];
        for (var (first, end) = (0, 0); first < steps.Length; first = end)
        {
            while (end < steps.Length && steps[end].Stage == steps[first].Stage)
            {
                end++;
            }

            _stages[steps[first].Stage] = first..end;
        }
    }

    /// <summary>The definition's stable name.</summary>
    public string Name { get; }

    /// <summary>The version of the definition that it is the plan of.</summary>
    public int Version { get; }

    /// <summary>What sagas of it are told from others by: the name and the version, with a space between them.</summary>
    public string VersionedName => NameOf(Name, Version);

    /// <summary>The <see cref="VersionedName"/> of a version of a definition.</summary>
    internal static string NameOf(string definition, int version) => string.Create(CultureInfo.InvariantCulture, $"{definition} {version}");

    /// <summary>The type of the saga's state.</summary>
    public Type StateType { get; }

    /// <summary>The steps in order.</summary>
    public ImmutableArray<StepPlan> Steps { get; }

    /// <summary>The events that its waits end with.</summary>
    public IEnumerable<WaitEnd> WaitEnds => Steps.Select(s => s.Work).OfType<StepWork.Wait>().SelectMany(w => w.Ends);

    /// <summary>The business key of a saga in this state; null when the definition names none.</summary>
    public Func<object, string?>? Key { get; init; }

    /// <summary>How many sagas may have one key.</summary>
    public KeyUse KeyUse { get; init; }

    /// <summary>One line about a saga in this state; null when the definition writes none.</summary>
    public Func<object, string>? Summary { get; init; }

    /// <summary>Why a saga in this state may not be cancelled; null when it may. Null when the definition does not say.</summary>
    public Func<object, string?>? ForbidsCancel { get; init; }

    /// <summary>Takes a step that a person skipped, and why, into the state; null when the definition does not want to know.</summary>
    public Func<object, string, string, object>? OnSkip { get; init; }

    /// <summary>How a state that was stored in the shape of this version is read as the present one, and written.</summary>
    internal StateShapes Shapes { get; init; } = StateShapes.Same;

    /// <summary>Whether a state that is the same object is the same state; false when in doubt.</summary>
    internal bool StateIsUnchangeable { get; init; }

    /// <summary>How answers that are held are written and read: as their service does with messages.</summary>
    internal JsonSerializerOptions Json { get; init; } = OutsideAService();

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "A program that is trimmed has no reflection of JSON unless it asks for it.")]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "As above.")]
    private static JsonSerializerOptions OutsideAService() => JsonSerializer.IsReflectionEnabledByDefault ? JsonSerializerOptions.Web : new JsonSerializerOptions(JsonSerializerDefaults.Web);

    /// <summary>The same plan, as a service runs it.</summary>
    internal SagaPlan For(JsonSerializerOptions json, bool stateIsUnchangeable) => Copy(Steps, json, stateIsUnchangeable);

    /// <summary>The same plan with other code in its steps.</summary>
    internal SagaPlan WithSteps(Func<StepPlan, StepPlan> change) => Copy([.. Steps.Select(change)], Json, StateIsUnchangeable);

    private SagaPlan Copy(ImmutableArray<StepPlan> steps, JsonSerializerOptions json, bool stateIsUnchangeable) =>
        new(Name, Version, StateType, steps) { Key = Key, KeyUse = KeyUse, Summary = Summary, ForbidsCancel = ForbidsCancel, OnSkip = OnSkip, Shapes = Shapes, Json = json, StateIsUnchangeable = stateIsUnchangeable };

    /// <summary>Index of the pivot; -1 when every step can be undone.</summary>
    public int PivotIndex { get; }

    /// <summary>How many stages there are; steps of one stage run side by side.</summary>
    public int StageCount { get; }

    /// <summary>The steps of one stage.</summary>
    public ReadOnlySpan<StepPlan> Stage(int stage) => Steps.AsSpan()[_stages[stage]];

    /// <summary>Finds a step by its name or by a name it had before; null when there is none.</summary>
    public StepPlan? Find(string name)
    {
        foreach (var step in Steps)
        {
            if (step.Name == name)
            {
                return step;
            }
        }

        return Steps.FirstOrDefault(s => s.FormerNames.Contains(name)) ?? (StepRound.First(name) is var first && first != name ? Find(first) : null);
    }
}
