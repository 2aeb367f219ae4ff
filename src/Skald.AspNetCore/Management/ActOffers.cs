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
    // A preview each: a page need not offer more.
    private const int MostSteps = 20;

    private static readonly JsonElement Nothing = JsonDocument.Parse("{}").RootElement.Clone();

    public async Task<IReadOnlyList<ActOffer>> AllAsync(CancellationToken cancellationToken)
    {
        var offers = new List<ActOffer>();
        foreach (var act in ActRequests.All)
        {
            offers.Add(act switch
            {
                ActRequests.Hold => Offer(act, saga.Hold is null ? null : $"It is held already: {saga.Hold}."),
                ActRequests.Release => Offer(act, saga.Hold is null ? "Nobody holds it." : null),
                "raise" => Raise(),
                _ when ActRequests.OfSteps.Contains(act) => await OfStepsAsync(act, cancellationToken),
                _ => Offer(act, await WhyNotAsync(act, null, cancellationToken)),
            });
        }

        return offers;
    }

    private async Task<ActOffer> OfStepsAsync(string act, CancellationToken cancellationToken)
    {
        var (possible, why) = (new List<string>(), (string?)null);
        foreach (var step in steps.Where(step => IsCandidate(act, step)).Take(MostSteps))
        {
            var refused = await WhyNotAsync(act, step.Name, cancellationToken);
            why ??= refused;
            if (refused is null)
            {
                possible.Add(step.Name);
            }
        }

        return Offer(act, possible.Count > 0 ? null : why ?? (saga.Status.IsFinal() ? "It has ended." : "None of its steps is where this could be done.")) with { Steps = possible };
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

    private async Task<string?> WhyNotAsync(string act, string? step, CancellationToken cancellationToken)
    {
        try
        {
            return (await service.PreviewAsync(saga.Id, ActRequests.Read(new ActRequest { Act = act, Step = step, Patch = Nothing }), cancellationToken)).Refused;
        }
        catch (Exception exception) when (exception is SagaVersionUnknownException or NotSupportedException or KeyNotFoundException or ArgumentException)
        {
            return exception.Message;
        }
    }

    private static ActOffer Offer(string act, string? whyNot) => new() { Act = act, Says = OtherSentences.OfAct(act), Right = Rights.Of(act), Allowed = whyNot is null, WhyNot = whyNot };
}
