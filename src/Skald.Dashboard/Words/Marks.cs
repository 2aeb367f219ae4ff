using System.Collections.Frozen;
using Skald.Management;

namespace Skald.Dashboard.Words;

/// <summary>The one table of how states look.</summary>
internal static class Marks
{
    private static readonly FrozenDictionary<string, Mark> Sagas = new Dictionary<string, Mark>
    {
        ["running"] = new("running", "running", "run"),
        ["waiting"] = new("waiting", "waiting", "rest"),
        ["paused"] = new("paused", "paused", "rest"),
        ["compensating"] = new("undo", "compensating", "back"),
        ["parked"] = new("parked", "parked", "bad"),
        ["completed"] = new("done", "completed", "good"),
        ["compensated"] = new("undone", "compensated", "mute"),
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, Mark> Flows = new Dictionary<string, Mark>
    {
        ["running"] = new("running", "running", "run"),
        ["stuck"] = new("parked", "stuck", "bad"),
        ["completed"] = new("done", "completed", "good"),
        ["undone"] = new("undone", "undone", "mute"),
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, Mark> Steps = new Dictionary<string, Mark>
    {
        ["remaining"] = new("remains", "remains", "mute"),
        ["sent"] = new("running", "asked", "run"),
        ["waiting"] = new("waiting", "waits", "rest"),
        ["retrying"] = new("running", "tries again", "run"),
        ["done"] = new("done", "done", "good"),
        ["skipped"] = new("skipped", "skipped", "mute"),
        ["refused"] = new("failed", "refused", "bad"),
        ["in-doubt"] = new("doubt", "in doubt", "bad"),
        ["undoing"] = new("undo", "being undone", "back"),
        ["undo-retrying"] = new("undo", "undone again", "back"),
        ["undone"] = new("undone", "undone", "back"),
        [StepWords.NothingToUndo] = new("nothing", "nothing to undo", "mute"),
        ["undo-failed"] = new("parked", "undo failed", "bad"),
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, Mark> Projections = new Dictionary<string, Mark>
    {
        ["starting"] = new("running", "starting", "run"),
        ["catching-up"] = new("running", "catching up", "run"),
        ["current"] = new("done", "current", "good"),
        ["stopped"] = new("parked", "stopped", "bad"),
        ["unreachable"] = new("away", "unreachable", "bad"),
        ["running"] = new("running", "being built anew", "run"),
        ["switched"] = new("done", "built anew", "good"),
        ["kept"] = new("nothing", "kept as it was", "mute"),
        ["failed"] = new("failed", "failed", "bad"),
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, Mark> Jobs = new Dictionary<string, Mark>
    {
        ["running"] = new("running", "running", "run"),
        ["suspended"] = new("paused", "suspended", "rest"),
        ["stopped"] = new("nothing", "stopped", "mute"),
        ["done"] = new("done", "done", "good"),
        ["refused"] = new("nothing", "refused", "mute"),
        ["gone"] = new("nothing", "gone", "mute"),
        ["failed"] = new("failed", "failed", "bad"),
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, Mark> Services = new Dictionary<string, Mark>
    {
        ["up"] = new("done", "works", "good"),
        ["away"] = new("away", "cannot work", "bad"),
        ["missing"] = new("away", "does not answer", "bad"),
        ["alive"] = new("done", "alive", "good"),
        ["gone"] = new("away", "gone", "bad"),
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, Mark> Effects = new Dictionary<string, Mark>
    {
        ["applied"] = new("done", "applied once", "good"),
        ["undone"] = new("undone", "undone once", "back"),
        ["open"] = new("running", "open", "run"),
        ["unjudged"] = new("doubt", "not judged", "mute"),
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, Mark> Imbalances = new Dictionary<string, Mark>
    {
        ["not-applied"] = new("failed", "not applied", "bad"),
        ["not-undone"] = new("failed", "not undone", "bad"),
        ["undo-missing"] = new("failed", "undo not recorded", "bad"),
        ["undone"] = new("failed", "undone", "bad"),
        ["not-asked"] = new("failed", "not asked for", "bad"),
        ["action-missing"] = new("failed", "never applied", "bad"),
        ["twice"] = new("failed", "twice", "bad"),
        ["unknown-step"] = new("doubt", "step unknown", "bad"),
        ["unknown-saga"] = new("doubt", "saga unknown", "bad"),
        ["unreadable"] = new("parked", "unreadable", "bad"),
    }.ToFrozenDictionary();

    /// <summary>How a state of something looks. A word that is not known is shown as it is, without a colour.</summary>
    public static Mark Of(string of, string state)
    {
        var table = of switch
        {
            "saga" => Sagas,
            "flow" => Flows,
            "step" => Steps,
            "projection" => Projections,
            "job" => Jobs,
            "effect" => Effects,
            "imbalance" => Imbalances,
            _ => Services,
        };
        return table.GetValueOrDefault(state, new Mark("remains", state, "mute"));
    }

    /// <summary>A saga that runs and waits for an event, not for an answer, is said to wait.</summary>
    public static string Status(SagaItem saga) =>
        saga.Status is "running" && saga.Steps.Any(s => s.State is "waiting") && !saga.Steps.Any(s => s.State is "sent" or "retrying") ? "waiting" : saga.Status;
}
