using System.Text;

namespace Skald.Definition;

/// <summary>Draws a flow from its declaration.</summary>
public static class FlowDrawing
{
    /// <summary>A Mermaid flowchart: an arrow from each event to what is expected after it, dotted to what undoes it.</summary>
    public static string ToMermaid(this FlowPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var text = new StringBuilder("flowchart TD\n");
        foreach (var @event in plan.Events)
        {
            var (open, close) = @event.Role switch
            {
                FlowRole.Starts => ("([", "])"),
                FlowRole.Completes => ("[[", "]]"),
                FlowRole.EndsUndone => ("{{", "}}"),
                _ => ("[", "]"),
            };
            text.Append("    ").Append(Node(plan, @event.Name)).Append(open).Append('"').Append(Escaped(@event.Name)).Append("<br/>").Append(Escaped(@event.By)).Append('"').Append(close).Append('\n');
        }

        foreach (var rule in plan.Rules)
        {
            foreach (var next in rule.Expected)
            {
                text.Append("    ").Append(Node(plan, rule.After)).Append(" -->");
                if (rule.Within is { } within)
                {
                    text.Append("|within ").Append(Words(within)).Append('|');
                }

                text.Append(' ').Append(Node(plan, next)).Append('\n');
            }

            if (rule.Raised is { } raised)
            {
                text.Append("    ").Append(Node(plan, rule.After)).Append(" -.->|overdue| ").Append(Node(plan, raised)).Append('\n');
            }
        }

        foreach (var @event in plan.Events)
        {
            foreach (var undo in @event.UndoneBy)
            {
                text.Append("    ").Append(Node(plan, undo)).Append(" -.->|undoes| ").Append(Node(plan, @event.Name)).Append('\n');
            }
        }

        return text.ToString();
    }

    private static string Node(FlowPlan plan, string name) => $"e{plan.Events.TakeWhile(e => e.Name != name).Count()}";

    private static string Escaped(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("\"", "&quot;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal);

    private static string Words(TimeSpan time) =>
        time.TotalMinutes >= 1 && time.Seconds == 0 ? FormattableString.Invariant($"{time.TotalMinutes:0.#} min") : FormattableString.Invariant($"{time.TotalSeconds:0.###} s");
}
