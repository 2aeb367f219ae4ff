using Skald.Management;

namespace Skald.Dashboard.Drawing;

/// <summary>An attempt at a step, at doing or at undoing it: a bar of the timeline.</summary>
/// <param name="Step">The step.</param>
/// <param name="From">When it began.</param>
/// <param name="To">When it ended; null while it has not.</param>
/// <param name="Undo">Whether it undoes the step: drawn in the other direction.</param>
/// <param name="Tone">The class of its colour.</param>
/// <param name="Says">What came of it.</param>
internal sealed record Stretch(string Step, DateTimeOffset From, DateTimeOffset? To, bool Undo, string Tone, string Says)
{
    /// <summary>Reads them off what happened, oldest first.</summary>
    public static IReadOnlyList<Stretch> Of(IEnumerable<TimelineItem> items)
    {
        var all = new List<Stretch>();
        var open = new Dictionary<string, int>();
        foreach (var item in items)
        {
            if (item.Step is not { } step)
            {
                continue;
            }

            if (Begins(item.Kind) is { } undo)
            {
                Close(step, item.At, "", null);
                open[step] = all.Count;
                all.Add(new Stretch(step, item.At, null, undo, undo ? "back" : item.Kind is "waiting" ? "rest" : "run", item.Says));
            }
            else if (Ends(item.Kind) is { } tone)
            {
                if (!open.ContainsKey(step) && item.Kind is "retrying")
                {
                    // The attempt before it has ended already: this only says that there will be another.
                    continue;
                }

                if (!open.ContainsKey(step))
                {
                    open[step] = all.Count;
                    all.Add(new Stretch(step, item.At, item.At, item.Kind is "undone" or "undo-failed", tone, item.Says));
                }

                Close(step, item.At, tone, item.Says);
            }
        }

        return all;

        void Close(string step, DateTimeOffset at, string tone, string? says)
        {
            if (open.Remove(step, out var index))
            {
                var bar = all[index];
                all[index] = bar with { To = at, Tone = tone.Length > 0 ? tone : bar.Tone, Says = says ?? bar.Says };
            }
        }
    }

    private static bool? Begins(string kind) => kind switch
    {
        "sent" or "resent" or "waiting" => false,
        "undoing" => true,
        _ => null,
    };

    private static string? Ends(string kind) => kind switch
    {
        "done" => "good",
        "refused" or "timed-out" or "undo-failed" => "bad",
        "retrying" => "bad",
        "undone" => "back",
        "skipped" => "mute",
        _ => null,
    };
}
