using Dapper;
using Skald;

namespace Lending;

/// <summary>Knows which books are there.</summary>
public sealed class ShelfHandlers
{
    internal const string Books = "CREATE TABLE IF NOT EXISTS books (title TEXT PRIMARY KEY, there BIGINT NOT NULL)";
    internal const string FirstBooks = "INSERT INTO books (title, there) VALUES ('Emma', 1), ('Ulysses', 2) ON CONFLICT (title) DO NOTHING";

    /// <summary>One statement looks and takes: two readers never get the same book.</summary>
    public async Task<Reply<Done>> Handle(TakeBook command, MessageContext context)
    {
        ArgumentNullException.ThrowIfNull(command);
        ArgumentNullException.ThrowIfNull(context);
        var taken = await context.Connection.ExecuteAsync("UPDATE books SET there = there - 1 WHERE title = @Title AND there > 0", command, context.Transaction);
        return taken == 1 ? Done.Instance : new Refusal("NotThere", $"There is no '{command.Title}' on the shelf.");
    }

    /// <summary>It is there again. The engine sees to it that this happens once, and only if it was taken.</summary>
    public async Task<Reply<Done>> Handle(PutBookBack command, MessageContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        await context.Connection.ExecuteAsync("UPDATE books SET there = there + 1 WHERE title = @Title", command, context.Transaction);
        return Done.Instance;
    }
}
