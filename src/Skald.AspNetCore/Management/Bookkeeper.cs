using Skald.Decisions;

namespace Skald.Management;

/// <summary>Judges a page of books. What seems wrong is looked at once more, because services are not read at one moment: what has changed meanwhile is not wrong.</summary>
/// <param name="read">Reads the page, with at most so many sagas.</param>
/// <param name="time">The clock.</param>
internal sealed class Bookkeeper(Func<int, Task<Books>> read, TimeProvider time)
{
    private static readonly DateTimeOffset Epoch = DateTimeOffset.UnixEpoch;

    public async Task<BalanceReport> LookAsync(int limit)
    {
        var books = await read(limit);
        var seen = Judge(books);
        var report = seen.Report with { Next = books.Next, Reached = Reached(books.Next), Missing = Missing(books) };
        if (seen.Found.Count == 0)
        {
            return report;
        }

        // More of it: what has come in between must not push the last of them off the page.
        var again = await read(Math.Min(limit * 2, ManagementLimits.LargestBooks));
        var still = Judge(again).Found.Intersect(seen.Found).Select(found => found.Item).ToList();
        return report with { Imbalances = still, Open = report.Open + seen.Found.Count - still.Count, Missing = [.. report.Missing.Union(Missing(again)).DistinctBy(missing => missing.Service)] };
    }

    private (BalanceReport Report, IReadOnlyList<Finding> Found) Judge(Books books)
    {
        // Whoever has it knows more of it than who had it once.
        var accounts = books.Sagas.OrderBy(saga => saga.Removed).DistinctBy(saga => saga.Saga).Select(BookItems.Account).ToDictionary(saga => saga.Saga);
        var effects = books.Lines.Select(BookItems.Effect).ToLookup(effect => effect.Saga);
        var answering = books.Services.Select(service => service.Service).ToHashSet();
        var asked = books.Services.SelectMany(BookItems.Asked).ToList();
        var (report, found) = (new BalanceReport(0, 0, 0, 0, 0, []), new List<Finding>());
        foreach (var saga in accounts.Keys.Union(effects.Select(of => of.Key)))
        {
            var account = accounts.GetValueOrDefault(saga);
            var verdict = account is not null
                ? Balance.Of(account, [.. effects[saga]], answering)
                : Balance.OfUnknownSaga([.. effects[saga]], asked, isWhole: books.Missing.Count == 0, time.GetUtcNow());
            // Of one that is only known to have been there nothing has to be left.
            report = Add(report, verdict, sagas: account is { IsRemoved: true } && !effects.Contains(saga) ? 0 : 1);
            found.AddRange(verdict.Imbalances.Select(one => new Finding(
                new ImbalanceItem(Words.Of(one.Kind), one.Service, saga.ToString(), account?.Service, one.Step, one.Says), account?.Version)));
        }

        return (report, found);
    }

    private static BalanceReport Add(BalanceReport report, BalanceVerdict verdict, int sagas) => report with
    {
        Sagas = report.Sagas + sagas,
        Applied = report.Applied + verdict.Applied,
        Undone = report.Undone + verdict.Undone,
        Open = report.Open + verdict.Open,
        Unjudged = report.Unjudged + verdict.Unjudged,
    };

    /// <summary>Those that did not answer, and those that were asked by sagas and that nobody here has.</summary>
    private static IReadOnlyList<MissingService> Missing(Books books)
    {
        var absent = books.Sagas.SelectMany(saga => saga.Steps).Select(step => step.Participant).Distinct().Except(books.Services.Select(service => service.Service)).Except(books.Missing.Select(missing => missing.Service));
        return [.. books.Missing, .. absent.Order(StringComparer.Ordinal).Select(service => new MissingService(service, "Nobody who was asked has it."))];
    }

    /// <summary>The time in an id of the kind that the engine gives.</summary>
    private static DateTimeOffset? Reached(string? next)
    {
        if (next is null || BookItems.Place(next) is not { Version: 7 } id)
        {
            return null;
        }

        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        var milliseconds = 0L;
        foreach (var part in bytes[..6])
        {
            milliseconds = (milliseconds << 8) | part;
        }

        return milliseconds <= (DateTimeOffset.MaxValue - Epoch).TotalMilliseconds ? Epoch.AddMilliseconds(milliseconds) : null;
    }

    /// <summary>What does not balance, at a version of its saga.</summary>
    private sealed record Finding(ImbalanceItem Item, long? Version);
}
