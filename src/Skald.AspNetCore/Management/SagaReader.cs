using Skald.Decisions;
using Skald.Definition;
using Skald.Messaging;

namespace Skald.Management;

/// <summary>What one service's sagas look like to people. Reads nothing by itself.</summary>
/// <param name="service">The service.</param>
internal sealed class SagaReader(SkaldService service)
{
    private readonly ServiceDescription _description = service.Describe();
    private readonly Dictionary<string, string> _handlers = service.Describe().Sends.DistinctBy(sent => sent.Contract.Name).ToDictionary(sent => sent.Contract.Name, sent => sent.Service);

    public ServiceDescription Description => _description;

    public IReadOnlyList<StepFacts> Facts(SagaSummary saga) => PlanOf(saga) is { } plan && plan.Steps.Length == saga.Steps.Count
        ? [.. plan.Steps.Zip(saga.Steps, (step, view) => new StepFacts(step, view, ServiceOf((step.Work as StepWork.Remote)?.Command), ServiceOf(step.Work.UndoCommand)))]
        : [];

    public SagaItem Item(SagaSummary saga, DateTimeOffset now)
    {
        var facts = Facts(saga);
        var (done, total) = Sentences.Progress(saga, facts);
        return new SagaItem
        {
            Service = service.Name,
            Id = saga.Id.ToString(),
            Definition = saga.Definition,
            PlanVersion = saga.Version,
            Version = saga.Revision,
            Status = saga.Status.Word(),
            Key = saga.Key,
            Summary = saga.Summary,
            Step = saga.Step,
            Steps = [.. facts.Select(fact => new StepMark(fact.Name, fact.Word))],
            Done = done,
            Total = total,
            Why = Sentences.Why(saga, facts, now),
            FailedStep = saga.FailedStep,
            Failure = saga.Failure is { } failure ? new FailureInfo(failure.Type, failure.Message) : null,
            ParkReason = saga.ParkReason,
            Damage = saga.Damage,
            StartedAt = saga.StartedAt,
            UpdatedAt = saga.UpdatedAt,
            EndedAt = saga.EndedAt,
            NextAt = saga.NextAt,
            Hold = saga.Hold,
        };
    }

    public IReadOnlyList<PlanStep> Plan(SagaSummary saga, DateTimeOffset now) =>
    [
        .. Facts(saga).Select(fact => new PlanStep
        {
            Step = Step(fact.Step),
            State = fact.Word,
            Says = Sentences.OfStep(fact, saga, now),
            Attempt = fact.Attempt,
            Attempts = fact.IsOpen ? fact.Attempts : null,
            Since = fact.View.Since,
            Due = fact.View.Due,
        }),
    ];

    public IEnumerable<DefinitionInfo> Definitions() =>
        from plan in service.Plans
        orderby plan.Name, plan.Version
        select new DefinitionInfo(
            service.Name, plan.Name, plan.Version, service.Plans.Where(other => other.Name == plan.Name).Max(other => other.Version) == plan.Version, [.. plan.Steps.Select(Step)]);

    public DefinitionStep Step(StepPlan step) => new()
    {
        Name = step.Name,
        Index = step.Index,
        Stage = step.Stage,
        Kind = Words.Of(step.Kind),
        Work = step.Work switch { StepWork.Local => "local", StepWork.Remote => "command", StepWork.Wait => "wait", _ => "removed" },
        Service = ServiceOf((step.Work as StepWork.Remote)?.Command),
        Command = NameOf((step.Work as StepWork.Remote)?.Command),
        Events = step.Work is StepWork.Wait wait ? [.. wait.Ends.Select(end => end.Name)] : [],
        Undo = NameOf(step.Work.UndoCommand) ?? (step.Work.UndoAction is null ? null : "local"),
        NothingToUndo = step.NothingToUndo,
        WithinSeconds = (step.Work switch { StepWork.Remote remote => remote.Within, StepWork.Wait waits => waits.Within, _ => null })?.TotalSeconds,
        IsConditional = step.When is not null,
    };

    public SagaPlan? PlanOf(SagaSummary saga) => service.Plans.FirstOrDefault(plan => plan.Name == saga.Definition && plan.Version == saga.Version);

    private string? ServiceOf(CommandPlan? command) => NameOf(command) is { } name ? _handlers.GetValueOrDefault(name) : null;

    private static string? NameOf(CommandPlan? command) => command is null ? null : MessageCatalog.Of(command.Type).Name;
}
