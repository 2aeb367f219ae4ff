using Spectre.Console;

namespace Skald.Cli.Output;

/// <summary>Writes tables, which fit a terminal, and whose words are as they are in a pipe.</summary>
internal static class Tables
{
    // Between two columns.
    private const int Gap = 2;

    // A sentence is not broken into less than this.
    private const int LeastWidthOfSentence = 24;

    // In a pipe, lines are as long as they are.
    private const int NoLimit = 10_000;

    public static void Write<T>(Terminal terminal, bool colours, IReadOnlyList<Column<T>> columns, IReadOnlyList<T> rows)
    {
        var width = terminal.OutIsTerminal ? terminal.Width() : NoLimit;
        var text = rows.Select(row => columns.Select(column => PlainText.Of(column.Text(row) ?? "")).ToArray()).ToList();
        var shown = Fitting(columns, text, width);
        var table = new Table { Border = TableBorder.None, ShowHeaders = true };
        foreach (var column in shown)
        {
            table.AddColumn(Heading(columns[column], isLast: column == shown[^1]));
        }

        foreach (var (row, cells) in rows.Zip(text))
        {
            table.AddRow(shown.Select(column => new Text(cells[column], columns[column].Colour(row) is { } colour ? new Style(colour) : Style.Plain)));
        }

        // Cells are filled with spaces to their width; at the end of a line they would only be selected along.
        using var lines = new StringWriter();
        ConsoleFor(lines, colours, width).Write(table);
        foreach (var line in lines.ToString().TrimEnd('\r', '\n').Split('\n'))
        {
            terminal.Out.WriteLine(line.TrimEnd());
        }
    }

    /// <summary>Spectre colours pipes, too: it looks at TERM, and not at where it writes.</summary>
    public static IAnsiConsole ConsoleFor(TextWriter writer, bool colours, int width)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = colours ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = colours ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(writer),
        });
        console.Profile.Width = width;
        return console;
    }

    private static TableColumn Heading<T>(Column<T> column, bool isLast)
    {
        var heading = new TableColumn(new Text(column.Name.ToUpperInvariant(), new Style(decoration: Decoration.Bold))) { Padding = new Padding(0, 0, isLast ? 0 : Gap, 0), NoWrap = !column.Wraps };
        return column.IsNumber ? heading.RightAligned() : heading;
    }

    /// <summary>The columns that there is room for.</summary>
    private static List<int> Fitting<T>(IReadOnlyList<Column<T>> columns, List<string[]> text, int width)
    {
        var shown = Enumerable.Range(0, columns.Count).ToList();
        while (shown.Sum(Least) - Gap > width && Enumerable.Reverse(shown).MaxBy(column => columns[column].Rank) is var next && columns[next].Rank > 0)
        {
            shown.Remove(next);
        }

        return shown;

        int Least(int column)
        {
            var longest = text.Select(cells => cells[column].Length).Append(columns[column].Name.Length).Max();
            return Gap + (columns[column].Wraps ? Math.Min(longest, LeastWidthOfSentence) : longest);
        }
    }
}
