namespace Skald.Cli.Output;

/// <summary>One thing as a person reads it: a line for each fact, and tables under headings.</summary>
internal sealed class Page(Terminal terminal, bool colours)
{
    // "undo deadline" fits.
    private const int NameWidth = 14;

    /// <summary>A fact; nothing when there is none.</summary>
    public Page Fact(string name, string? value)
    {
        if (value is { Length: > 0 })
        {
            terminal.Out.WriteLine($"{name,-NameWidth} {PlainText.Of(value)}");
        }

        return this;
    }

    /// <summary>A heading with rows under it; nothing when there are none.</summary>
    public Page Rows<T>(string heading, IReadOnlyList<Column<T>> columns, IReadOnlyList<T> rows)
    {
        if (rows.Count > 0)
        {
            terminal.Out.WriteLine();
            terminal.Out.WriteLine(heading);
            Tables.Write(terminal, colours, columns, rows);
        }

        return this;
    }

    /// <summary>A heading with JSON under it; nothing when there is none.</summary>
    public Page Json(string heading, string? json)
    {
        if (json is not null)
        {
            terminal.Out.WriteLine();
            terminal.Out.WriteLine(heading);
            terminal.Out.WriteLine(PlainText.OfJson(json));
        }

        return this;
    }
}
