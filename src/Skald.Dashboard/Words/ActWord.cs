using System.Collections.Frozen;

namespace Skald.Dashboard.Words;

/// <summary>What an act is called on its button.</summary>
/// <param name="Name">The button's words.</param>
/// <param name="Question">What its preview answers.</param>
/// <param name="Tone">The class of its colour.</param>
/// <param name="IsFirst">Whether it has a button of its own, rather than a line of the menu.</param>
internal readonly record struct ActWord(string Name, string Question, string Tone, bool IsFirst = false)
{
    private static readonly FrozenDictionary<string, ActWord> All = new Dictionary<string, ActWord>
    {
        ["retry"] = new("Retry now", "If it is tried again now", "main", true),
        ["resume"] = new("Resume", "If it goes on", "main", true),
        ["skip"] = new("Skip a step", "If the step is passed over", "back", true),
        ["compensate"] = new("Turn back", "If it turns back", "back", true),
        ["pause"] = new("Pause", "If it stands still", ""),
        ["go-on-from"] = new("Go on from a step", "If it goes on from there", "back"),
        ["edit"] = new("Edit the state", "If the state is changed", "back"),
        ["cancel"] = new("Ask to turn back", "If it is asked to turn back", "back"),
        ["fire-timer"] = new("Let a timer fire now", "If the time comes now", ""),
        ["move-timer"] = new("Move a timer", "If the time comes at another time", ""),
        ["raise"] = new("Raise an event", "If the event comes", ""),
        ["hold"] = new("Keep it", "If it is kept from being removed", ""),
        ["release"] = new("Keep it no longer", "If it is kept no longer", ""),
    }.ToFrozenDictionary();

    /// <summary>The words for an act; for one that is not known, its own name.</summary>
    public static ActWord Of(string act) => All.GetValueOrDefault(act, new ActWord(act, act, ""));
}
