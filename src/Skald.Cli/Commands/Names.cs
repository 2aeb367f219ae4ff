using Skald.Management;

namespace Skald.Cli.Commands;

/// <summary>Something of a service, as it is typed and printed: <c>SERVICE/NAME</c>.</summary>
internal sealed record Named(string Service, string Name)
{
    /// <summary>The version at which a query found it; null when it was named, and so is meant whichever it has.</summary>
    public long? Version { get; init; }

    public bool HasMovedOn(long version) => Version is { } chosen && chosen != version;

    public override string ToString() => $"{Service}/{Name}";

    /// <exception cref="CliException">It has no service in it.</exception>
    public static Named Parse(string text, string what) => text.IndexOf('/', StringComparison.Ordinal) is > 0 and var at && at < text.Length - 1
        ? new Named(text[..at], text[(at + 1)..])
        : throw new CliException(ExitCode.Usage, $"'{text}' is no {what}.", "Its service has to be said.", $"Give it as SERVICE/{what.ToUpperInvariant().Replace(' ', '-')}, as -o ids prints it.");

    /// <exception cref="CliException">What is behind the service is no number.</exception>
    public long Number() => long.TryParse(Name, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number)
        ? number
        : throw new CliException(ExitCode.Usage, $"'{this}' is no dead letter.", $"'{Name}' is no number.", "skald dead-letters list");
}

/// <summary>How a saga is named: <c>SERVICE/ID</c>, or its id or business key alone, which is then looked for.</summary>
internal static class SagaNames
{
    public static async Task<Named> FindAsync(Session session, string text, CancellationToken cancellationToken)
    {
        if (text.Contains('/', StringComparison.Ordinal))
        {
            return Named.Parse(text, "saga");
        }

        var query = new SagaListQuery { Q = new SagaQueryText { Word = text }.ToString() };
        var found = await session.AllAsync(cursor => session.Management.SagasAsync(query with { Cursor = cursor }, cancellationToken), cancellationToken)
            .Take(2).ToListAsync(cancellationToken);
        return found switch
        {
            [var only] => new Named(only.Service, only.Id),
            [] => throw await NotFoundAsync(session, text),
            _ => throw new CliException(ExitCode.Usage, $"'{text}' is more than one saga.", "Several have this key.", $"skald sagas list --where '{query.Q}', and name one as SERVICE/ID"),
        };
    }

    public static CliException NotFound(string text) =>
        new(ExitCode.NotFound, $"There is no saga '{text}'.", "None has this id, or this business key.", "skald sagas list --where 'age:<1h'");

    private static async Task<CliException> NotFoundAsync(Session session, string text)
    {
        // It may be with one that did not answer.
        var code = await session.EndAsync(ExitCode.Done);
        return code is ExitCode.Done
            ? NotFound(text)
            : new CliException(code, $"The saga '{text}' was not found.", "Not every service has answered.", "Try again, or name it as SERVICE/ID.");
    }
}
