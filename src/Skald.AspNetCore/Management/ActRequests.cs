using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Skald.Management;

/// <summary>Between the acts of the API and those of the engine.</summary>
internal static class ActRequests
{
    public const string Hold = "hold";
    public const string Release = "release";

    private const int LongestReason = 1000;

    /// <summary>The acts that are about a step.</summary>
    public static readonly string[] OfSteps = ["skip", "go-on-from", "fire-timer", "move-timer"];

    public static readonly string[] All = ["resume", "retry", "skip", "compensate", "go-on-from", "pause", "edit", "cancel", "fire-timer", "move-timer", "raise", Hold, Release];

    /// <summary>Whether it keeps the saga, or lets it go: that is no act of the engine's.</summary>
    public static bool IsHold(ActRequest act)
    {
        CheckReason(act.Reason);
        return act.Act is Hold or Release;
    }

    /// <exception cref="ManagementException">It lacks something.</exception>
    public static SagaAct Read(ActRequest act) => act.Act switch
    {
        "resume" => new SagaAct.Resume(),
        "retry" => new SagaAct.Retry(),
        "skip" => new SagaAct.Skip(StepOf(act)),
        "compensate" => new SagaAct.Compensate(),
        "go-on-from" => new SagaAct.GoOnFrom(StepOf(act)),
        "pause" => new SagaAct.Pause(),
        "edit" => new SagaAct.EditState(act.Patch is { ValueKind: JsonValueKind.Object } patch ? patch : throw Missing(act, "patch", "Give the members to change as a JSON object; null removes one.")),
        "cancel" => new SagaAct.Cancel(),
        "fire-timer" => new SagaAct.FireTimer(StepOf(act)),
        "move-timer" => new SagaAct.MoveTimer(StepOf(act), act.To),
        "raise" => new SagaAct.Raise(
            string.IsNullOrEmpty(act.Event) ? throw Missing(act, "event", "Name the event.") : act.Event,
            act.Body is { ValueKind: JsonValueKind.Object } body ? body : throw Missing(act, "body", "Give the event as a JSON object.")),
        var other => throw Refusals.BadRequest(other is null ? "'act' is missing." : $"There is no act '{other}'.", $"Use {string.Join(", ", All)}."),
    };

    /// <summary>An act of the engine's as it is asked for.</summary>
    public static ActRequest Of(SagaAct act, string? reason) => act switch
    {
        SagaAct.EditState edit => new ActRequest { Act = act.Name, Patch = edit.Patch, Reason = reason },
        SagaAct.MoveTimer move => new ActRequest { Act = act.Name, Step = move.Step, To = move.To, Reason = reason },
        SagaAct.Raise raise => new ActRequest { Act = act.Name, Event = raise.Event, Body = raise.Body, Reason = reason },
        _ => new ActRequest { Act = act.Name, Step = act.AboutStep, Reason = reason },
    };

    public static ActForecast Forecast(ActPreview preview) => new()
    {
        Act = preview.Act.Name,
        Version = preview.Version,
        Refused = preview.Refused,
        Before = preview.Before.Word(),
        After = preview.After.Word(),
        Now = [.. preview.Now.Select(Line)],
        Then = [.. preview.Then.Select(Line)],
        End = preview.End?.Word(),
        InDoubt = [.. preview.InDoubt.Select(doubt => new DoubtItem(doubt.Step, doubt.Why))],
        Stays = preview.Stays,
        State = preview.State,
    };

    /// <summary>By which a repeat of an act is told from another act.</summary>
    public static string Fingerprint(string id, ActRequest act, ActTerms terms) => Convert.ToHexStringLower(SHA256.HashData(
        Encoding.UTF8.GetBytes($"{id}\n{terms.Version}\n{JsonSerializer.Serialize(act, ManagementJson.Of<ActRequest>())}")));

    private static ForecastLine Line(PlannedAction action) => new()
    {
        Kind = Words.Of(action.Kind),
        Step = action.Step,
        Undo = action.Undo,
        Command = action.Command,
        Service = action.Service,
        Attempt = action.Attempt,
        Repeats = action.Repeats,
        Due = action.Due,
        Says = OtherSentences.OfAction(action),
    };

    private static string StepOf(ActRequest act) => string.IsNullOrEmpty(act.Step) ? throw Missing(act, "step", "Name the step.") : act.Step;

    private static ManagementException Missing(ActRequest act, string member, string fix) => Refusals.BadRequest($"'{member}' of '{act.Act}' is missing.", fix);

    /// <exception cref="ManagementException">It is too long to be remembered.</exception>
    public static void CheckKey(string? key)
    {
        if (key?.Length > ManagementLimits.LongestKey)
        {
            throw Refusals.BadRequest($"A key by which a repeat is recognised has at most {ManagementLimits.LongestKey} characters.");
        }
    }

    private static void CheckReason(string? reason)
    {
        if (reason?.Length > LongestReason)
        {
            throw Refusals.BadRequest($"'reason' has at most {LongestReason} characters.");
        }
    }
}
