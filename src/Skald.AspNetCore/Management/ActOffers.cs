using System.Text.Json;
using Skald.Decisions;
using Skald.Definition;

namespace Skald.Management;

/// <summary>What can be done to a saga now: the engine's own preview of each act decides.</summary>
/// <param name="service">The saga's service.</param>
/// <param name="saga">The saga.</param>
/// <param name="steps">Its steps.</param>
internal sealed class ActOffers(SkaldService service, SagaSummary saga, IReadOnlyList<StepFacts> steps)
{
    // A page need not offer more.
    private const int MostSteps = 20;

    private static readonly JsonElement Nothing = JsonDocument.Parse("{}").RootElement.Clone();

    public async Task<IReadOnlyList<ActOffer>> AllAsync(CancellationToken cancellationToken)
    {
        var whyNot = await WhyNotAsync([.. ActRequests.All.SelectMany(Asked)], cancellationToken);
        return
        [
            .. ActRequests.All.Select(act => act switch
            {
                ActRequests.Hold => Offer(act, saga.Hold is null ? null : $"It is held already: {saga.Hold}."),
                ActRequests.Release => Offer(act, saga.Hold is null ? "Nobody holds it." : null),
                "raise" => Raise(),
                _ when ActRequests.OfSteps.Contains(act) => OfSteps(act, whyNot),
                _ => Offer(act, whyNot[(act, null)]),
            }),
        ];
    }

    /// <summary>Of which acts the engine is asked, and on which step.</summary>
    private IEnumerable<(string Act, string? Step)> Asked(string act) => act switch
    {
        ActRequests.Hold or ActRequests.Release or "raise" => [],
        _ when ActRequests.OfSteps.Contains(act) => steps.Where(step => IsCandidate(act, step)).Take(MostSteps).Select(step => (act, (string?)step.Name)),
        _ => [(act, null)],
    };

    private ActOffer OfSteps(string act, Dictionary<(string Act, string? Step), string?> whyNot)
    {
        var asked = Asked(act).Select(one => (Step: one.Step!, Why: whyNot[one])).ToList(); // Each is about a step.
        var possible = asked.Where(one => one.Why is null).Select(one => one.Step).ToList();
        return Offer(act, possible.Count > 0 ? null : asked.FirstOrDefault().Why ?? (saga.Status.IsFinal() ? "It has ended." : "None of its steps is where this could be done.")) with { Steps = possible };
    }

    private ActOffer Raise()
    {
        var events = saga.Status.IsFinal() ? [] : steps
            .Where(step => step.State is StepState.Pending or StepState.Waiting)
            .SelectMany(step => step.Step.Work is StepWork.Wait wait ? wait.Ends.Select(end => end.Name) : []).Distinct().ToList();
        return Offer("raise", events.Count > 0 ? null : saga.Status.IsFinal() ? "It has ended." : "It waits for no event, now or later.") with { Events = events };
    }

    private static bool IsCandidate(string act, StepFacts step) => act switch
    {
        "skip" => step.IsOpen || step.State is StepState.Refused or StepState.InDoubt or StepState.UndoFailed,
        "go-on-from" => step.State is not StepState.Pending,
        _ => step.View.Due is not null,
    };

    private async Task<Dictionary<(string Act, string? Step), string?>> WhyNotAsync((string Act, string? Step)[] asked, CancellationToken cancellationToken)
    {
        try
        {
            var previews = await service.PreviewEachAsync(saga.Id, [.. asked.Select(one => ActRequests.Read(new ActRequest { Act = one.Act, Step = one.Step, Patch = Nothing }))], cancellationToken);
            return asked.Zip(previews).ToDictionary(pair => pair.First, pair => pair.Second.Refused);
        }
        catch (Exception exception) when (exception is SagaVersionUnknownException or KeyNotFoundException or ArgumentException)
        {
            return asked.ToDictionary(one => one, _ => (string?)exception.Message);
        }
    }

    private static ActOffer Offer(string act, string? whyNot) => new() { Act = act, Says = OtherSentences.OfAct(act), Right = Rights.Of(act), Allowed = whyNot is null, WhyNot = whyNot };
}
