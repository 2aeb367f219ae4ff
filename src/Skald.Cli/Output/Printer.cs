using System.Text.Json.Serialization.Metadata;

namespace Skald.Cli.Output;

/// <summary>How one kind of thing is printed.</summary>
/// <param name="Json">As JSON.</param>
/// <param name="Id">As what other commands take.</param>
/// <param name="Columns">As a row.</param>
internal sealed record Shape<T>(JsonTypeInfo<T> Json, Func<T, string> Id, IReadOnlyList<Column<T>> Columns);

/// <summary>Prints data, and nothing but data, to standard output.</summary>
internal sealed class Printer(Terminal terminal, OutputFormat format, bool noColour)
{
    // A table needs all its rows to know how wide it is; what is longer than this is no table that a person reads.
    private const int MostRows = 10_000;

    public OutputFormat Format { get; } = format;

    public bool Colours { get; } = terminal.MayColour && !noColour;

    /// <summary>Prints many, as they come where the format allows it.</summary>
    /// <returns>How many there were.</returns>
    public async Task<int> ManyAsync<T>(Shape<T> shape, IAsyncEnumerable<T> items, CancellationToken cancellationToken)
    {
        if (Format is OutputFormat.Table)
        {
            var rows = await items.Take(MostRows).ToListAsync(cancellationToken);
            if (rows.Count > 0)
            {
                Tables.Write(terminal, Colours, shape.Columns, rows);
            }

            return rows.Count;
        }

        var count = 0;
        await foreach (var item in items.WithCancellation(cancellationToken))
        {
            await WriteAsync(Item(shape, item, isFirst: count++ is 0));
        }

        if (Format is OutputFormat.Json)
        {
            await WriteAsync(count is 0 ? "[]\n" : "\n]\n");
        }

        return count;
    }

    public Task<int> ManyAsync<T>(Shape<T> shape, IEnumerable<T> items, CancellationToken cancellationToken) => ManyAsync(shape, items.ToAsyncEnumerable(), cancellationToken);

    /// <summary>Prints one: as a person reads it, or as a program does.</summary>
    public async Task OneAsync<T>(Shape<T> shape, T item, Action<Page> page)
    {
        if (Format is OutputFormat.Table)
        {
            var written = new Page(terminal, Colours);
            page(written);
            return;
        }

        await WriteAsync(Format is OutputFormat.Json ? JsonText.Indented(item, shape.Json) + "\n" : Item(shape, item, isFirst: true));
    }

    private string Item<T>(Shape<T> shape, T item, bool isFirst) => Format switch
    {
        OutputFormat.Ids => PlainText.Of(shape.Id(item)) + "\n",
        OutputFormat.Jsonl => JsonText.Line(item, shape.Json) + "\n",
        _ => (isFirst ? "[\n  " : ",\n  ") + JsonText.Indented(item, shape.Json).Replace("\n", "\n  ", StringComparison.Ordinal),
    };

    /// <summary>Whoever reads a pipe gets each item when it is there.</summary>
    private async Task WriteAsync(string text)
    {
        await terminal.Out.WriteAsync(text);
        await terminal.Out.FlushAsync();
    }
}
