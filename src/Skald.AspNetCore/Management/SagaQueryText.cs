using System.Globalization;

namespace Skald.Management;

/// <summary>A query for sagas as people type it, such as <c>status:parked saga:create-order step:"authorize card" age:&gt;10m 4711</c>.</summary>
/// <remarks>
/// Terms stand side by side, and all of them hold. <c>status</c>, <c>saga</c> and <c>service</c> may be given several times: then any of their values will do.
/// <c>status:open</c> stands for running, compensating and parked; <c>status:ended</c> for completed and compensated. <c>age:&gt;10m</c> means started more than ten
/// minutes ago, <c>age:&lt;2h30m</c> less than that. A word without a name is an id or a business key. What has spaces stands in quotation marks, within which
/// <c>\"</c> and <c>\\</c> are those characters.
/// </remarks>
public sealed record SagaQueryText
{
    /// <summary>All sagas.</summary>
    public static SagaQueryText Everything { get; } = new();

    /// <summary>Where they stand; empty for anywhere.</summary>
    public IReadOnlyList<SagaStatus> Statuses { get; init; } = [];

    /// <summary>The names of their definitions; empty for any.</summary>
    public IReadOnlyList<string> Definitions { get; init; } = [];

    /// <summary>The full names of their services; empty for any.</summary>
    public IReadOnlyList<string> Services { get; init; } = [];

    /// <summary>The step that they are at, or at which they failed; null for any.</summary>
    public string? Step { get; init; }

    /// <summary>The type of what went wrong with them; null for any.</summary>
    public string? Error { get; init; }

    /// <summary>They were started longer ago than this; null for whenever.</summary>
    public TimeSpan? OlderThan { get; init; }

    /// <summary>They were started less long ago than this; null for whenever.</summary>
    public TimeSpan? YoungerThan { get; init; }

    /// <summary>Their business key; null for any.</summary>
    public string? Key { get; init; }

    /// <summary>Their id, or else their business key; null for any.</summary>
    public string? Word { get; init; }

    /// <summary>The names of terms, for suggestions.</summary>
    public static IReadOnlyList<string> Names { get; } = ["status", "saga", "service", "step", "error", "age", "key", "id"];

    /// <summary>The values of <c>status</c>, for suggestions.</summary>
    public static IReadOnlyList<string> StatusWords { get; } = ["open", "ended", .. Enum.GetValues<SagaStatus>().Select(status => status.Word())];

    /// <summary>Reads a query.</summary>
    /// <param name="text">What was typed; null and empty for all sagas.</param>
    /// <exception cref="SagaQueryException">It makes no sense; says where, and what would.</exception>
    public static SagaQueryText Parse(string? text)
    {
        var query = Everything;
        foreach (var term in QueryTerms.Of(text ?? ""))
        {
            query = query.With(term);
        }

        return query;
    }

    /// <summary>The query as it can be typed: <see cref="Parse"/> reads it as the same one.</summary>
    public override string ToString() => string.Join(' ', (IEnumerable<string>)
    [
        .. StatusTerms(),
        .. Definitions.Select(name => Term("saga", name)),
        .. Services.Select(name => Term("service", name)),
        .. Step is null ? [] : new[] { Term("step", Step) },
        .. Error is null ? [] : new[] { Term("error", Error) },
        .. OlderThan is { } older ? new[] { $"age:>{QueryAge.Text(older)}" } : [],
        .. YoungerThan is { } younger ? new[] { $"age:<{QueryAge.Text(younger)}" } : [],
        .. Key is null ? [] : new[] { Term("key", Key) },
        .. Word is null ? [] : new[] { QueryTerms.Quoted(Word, isWord: true) },
    ]);

    /// <summary>Lists are compared by what they hold.</summary>
    public bool Equals(SagaQueryText? other) => other is not null && other.ToString() == ToString();

    /// <inheritdoc/>
    public override int GetHashCode() => string.GetHashCode(ToString(), StringComparison.Ordinal);

    private static readonly SagaStatus[] Open = [SagaStatus.Running, SagaStatus.Compensating, SagaStatus.Parked];
    private static readonly SagaStatus[] Ended = [SagaStatus.Completed, SagaStatus.Compensated];

    private IEnumerable<string> StatusTerms()
    {
        var isOpen = Open.All(Statuses.Contains);
        var isEnded = Ended.All(Statuses.Contains);
        return
        [
            .. isOpen ? new[] { "status:open" } : [],
            .. isEnded ? new[] { "status:ended" } : [],
            .. Statuses.Where(status => !(isOpen && Open.Contains(status)) && !(isEnded && Ended.Contains(status))).Order().Select(status => $"status:{status.Word()}"),
        ];
    }

    private static string Term(string name, string value) => $"{name}:{QueryTerms.Quoted(value, isWord: false)}";

    private SagaQueryText With(QueryTerm term) => term.Name switch
    {
        null => Word is null ? this with { Word = term.Value } : throw term.Wrong($"There is a word already, '{Word}'. Put what belongs together into quotation marks."),
        "status" => this with { Statuses = [.. Statuses.Union(StatusesOf(term))] },
        "saga" => this with { Definitions = [.. Definitions.Union([term.Value])] },
        "service" => this with { Services = [.. Services.Union([term.Value])] },
        "step" => Step is null ? this with { Step = term.Value } : throw Twice(term),
        "error" => Error is null ? this with { Error = term.Value } : throw Twice(term),
        "key" => Key is null ? this with { Key = term.Value } : throw Twice(term),
        "id" => Word is not null ? throw Twice(term)
            : SagaId.TryParse(term.Value, out var id) ? this with { Word = id.ToString() } : throw term.Wrong($"'{term.Value}' is no id. Ids are 32 digits with hyphens; key: finds business keys."),
        "age" => WithAge(term),
        _ => throw term.Wrong($"There is no '{term.Name}:'. Use {string.Join(", ", Names.Select(name => name + ":"))}; in quotation marks it is a word.", atName: true),
    };

    private static SagaQueryException Twice(QueryTerm term) => term.Wrong($"'{term.Name}:' stands there twice. Keep one.", atName: true);

    private static IEnumerable<SagaStatus> StatusesOf(QueryTerm term) => term.Value switch
    {
        "open" => Open,
        "ended" => Ended,
        var word => Enum.GetValues<SagaStatus>().Where(status => status.Word() == word) is var found && found.Any()
            ? found
            : throw term.Wrong($"'{word}' is no status. Use {string.Join(", ", StatusWords)}."),
    };

    private SagaQueryText WithAge(QueryTerm term)
    {
        var sign = term.Value.Length > 0 ? term.Value[0] : ' ';
        if (sign is not '>' and not '<')
        {
            throw term.Wrong("Say older or younger: age:>10m, age:<2h.");
        }

        var age = QueryAge.Parse(term.Value.AsSpan(1)) ?? throw term.Wrong($"'{term.Value[1..]}' is no time. Use such as 30s, 10m, 2h30m, 3d, 1w.", after: 1);
        return (sign, OlderThan, YoungerThan) switch
        {
            ('>', null, _) => this with { OlderThan = age },
            ('<', _, null) => this with { YoungerThan = age },
            _ => throw Twice(term),
        };
    }
}

/// <summary>A query makes no sense.</summary>
/// <param name="position">Where, counted from 0.</param>
/// <param name="message">What would make sense.</param>
public sealed class SagaQueryException(int position, string message)
    : FormatException(string.Create(CultureInfo.InvariantCulture, $"At {position + 1}: {message}"))
{
    /// <summary>Where, counted from 0.</summary>
    public int Position { get; } = position;
}
