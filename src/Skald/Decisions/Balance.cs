namespace Skald.Decisions;

/// <summary>What is wrong with an effect.</summary>
public enum ImbalanceKind
{
    /// <summary>The saga says that it is done, and its participant has no row of it.</summary>
    NotApplied,

    /// <summary>The saga says that it is undone, and its participant has applied it and not undone it.</summary>
    NotUndone,

    /// <summary>The saga says that it is undone, and its participant has no row of the undo.</summary>
    UndoMissing,

    /// <summary>The saga says that it is done, and its participant has undone it.</summary>
    Undone,

    /// <summary>The saga says that it was refused or not asked for, and its participant has applied it.</summary>
    NotAsked,

    /// <summary>It was undone, and there is no row of its having been applied.</summary>
    ActionMissing,

    /// <summary>It was applied, or undone, more than once.</summary>
    Twice,

    /// <summary>The saga has no such step.</summary>
    UnknownStep,

    /// <summary>No service has the saga, and none remembers having removed it.</summary>
    UnknownSaga,

    /// <summary>The row says what there is not.</summary>
    Unreadable,
}

/// <summary>An effect that does not balance.</summary>
/// <param name="Kind">What is wrong.</param>
/// <param name="Service">The service that has applied it, or should have.</param>
/// <param name="Step">The step.</param>
/// <param name="Says">What is wrong, in a sentence.</param>
public sealed record Imbalance(ImbalanceKind Kind, string Service, string Step, string Says);

/// <summary>Whether the effects of a saga balance.</summary>
/// <param name="Applied">How many were applied once, and stay.</param>
/// <param name="Undone">How many were undone once, or could not come to be any more.</param>
/// <param name="Open">How many belong to a saga that has not ended.</param>
/// <param name="Unjudged">How many nobody who was asked can judge.</param>
/// <param name="Imbalances">Those that are none of it.</param>
public sealed record BalanceVerdict(long Applied, long Undone, long Open, long Unjudged, IReadOnlyList<Imbalance> Imbalances);

/// <summary>Holds what a saga says against what ledgers say: each effect is applied once, undone once, or open. Pure.</summary>
public static class Balance
{
    /// <summary>Judges the effects of a saga.</summary>
    /// <param name="saga">What it says.</param>
    /// <param name="effects">What all ledgers have of it, in any order.</param>
    /// <param name="answering">The services whose ledgers were read.</param>
    public static BalanceVerdict Of(SagaAccount saga, IReadOnlyList<BookedEffect> effects, IReadOnlySet<string> answering)
    {
        ArgumentNullException.ThrowIfNull(saga);
        ArgumentNullException.ThrowIfNull(effects);
        ArgumentNullException.ThrowIfNull(answering);
        var tally = new Tally();
        var rows = effects.ToLookup(effect => effect.Step, StringComparer.Ordinal);
        var stated = saga.Steps.ToLookup(step => step.Step, StringComparer.Ordinal);
        foreach (var step in stated.Select(effect => effect.Key).Union(rows.Select(row => row.Key)))
        {
            var books = new StepBooks(step, [.. rows[step]]);
            if (books.Odd is { } odd)
            {
                tally.Name(ImbalanceKind.Unreadable, odd.Service, step, $"Attempt {odd.Attempt} of {(odd.Undo ? "its undo" : "it")} is recorded with what there is not: the row was damaged.");
            }
            else if (!saga.Status.IsFinal())
            {
                tally.Open += books.IsEmpty && !stated.Contains(step) ? 0 : 1;
            }
            else if (saga.Unread is not null)
            {
                tally.Unjudged++;
            }
            else if (saga.IsRemoved)
            {
                // What it said of its steps went with it; that something was done twice shows without it.
                Judge(tally, books, EffectState.Either, books.Service);
            }
            else if (stated[step].FirstOrDefault() is { } effect)
            {
                JudgeStated(tally, books, effect, answering);
            }
            else if (books.HasEffect)
            {
                tally.Name(ImbalanceKind.UnknownStep, books.Service, step, $"It is recorded as {books.Word}, and the saga has no such step.");
            }
        }

        return tally.Verdict;
    }

    /// <summary>Judges what ledgers have of a saga that no service has which was asked, nor remembers having removed.</summary>
    /// <param name="effects">What all ledgers have of it.</param>
    /// <param name="asked">Which steps the services that were asked ask for: if it is none of theirs, the saga is another's.</param>
    /// <param name="isWhole">Whether every service has answered: otherwise the saga may be of one that did not.</param>
    /// <param name="now">The clock.</param>
    public static BalanceVerdict OfUnknownSaga(IReadOnlyList<BookedEffect> effects, IReadOnlyList<AskedStep> asked, bool isWhole, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(effects);
        ArgumentNullException.ThrowIfNull(asked);
        var tally = new Tally();
        foreach (var rows in effects.GroupBy(effect => (effect.Service, effect.Step)))
        {
            var owner = asked.FirstOrDefault(a => a.Participant == rows.Key.Service && a.Step == Definition.StepRound.First(rows.Key.Step) && rows.Any(row => row.Message == a.Message));
            var last = rows.Max(row => row.At);
            // Whoever removes a saga remembers that for a while, and no longer.
            if (owner is null || !isWhole || last <= now - owner.RemovedKnownFor)
            {
                tally.Unjudged++;
                continue;
            }

            tally.Name(ImbalanceKind.UnknownSaga, rows.Key.Service, rows.Key.Step, $"It is recorded as {new StepBooks(rows.Key.Step, [.. rows]).Word}, and '{owner.Owner}', which asks for it, neither has the saga nor has removed it.");
        }

        return tally.Verdict;
    }

    private static void JudgeStated(Tally tally, StepBooks books, StatedEffect stated, IReadOnlySet<string> answering)
    {
        if (!answering.Contains(stated.Participant))
        {
            tally.Unjudged++;
            return;
        }

        Judge(tally, books, stated.State, books.IsEmpty ? stated.Participant : books.Service);
    }

    private static void Judge(Tally tally, StepBooks books, EffectState state, string service)
    {
        if (Problem(books, state) is var (kind, says))
        {
            tally.Name(kind, service, books.Step, says);
        }
        else if (books.IsUndone || books.IsBarred)
        {
            tally.Undone++;
        }
        else if (books.IsApplied)
        {
            tally.Applied++;
        }
    }

    private static (ImbalanceKind Kind, string Says)? Problem(StepBooks books, EffectState state) => (state, books) switch
    {
        (_, { TimesApplied: > 1 }) => (ImbalanceKind.Twice, $"It was applied {books.TimesApplied} times."),
        (_, { TimesUndone: > 1 }) => (ImbalanceKind.Twice, $"It was undone {books.TimesUndone} times."),
        (EffectState.Either, _) => null,
        (EffectState.Applied, { IsUndone: true } or { IsBarred: true }) => (ImbalanceKind.Undone, "The saga is completed with it, and it is recorded as undone."),
        (EffectState.Applied, { TimesApplied: 0 }) => (ImbalanceKind.NotApplied, "The saga has been told that it is done, and it is not recorded."),
        (_, { IsUndone: true, MayBeApplied: false }) => (ImbalanceKind.ActionMissing, "It is recorded as undone, and not as ever having been applied."),
        (EffectState.Never, { MayBeApplied: true }) => (ImbalanceKind.NotAsked, "The saga says that it was refused or not asked for, and it is recorded as applied."),
        (EffectState.Undone or EffectState.Gone, { MayBeApplied: true, IsUndone: false }) => (ImbalanceKind.NotUndone, "The saga has been told that it is undone, and it is recorded as applied and not undone."),
        (EffectState.Undone, { IsUndone: false, IsBarred: false }) => (ImbalanceKind.UndoMissing, "The saga has been told that it is undone, and that is not recorded."),
        _ => null,
    };

    /// <summary>What ledgers have of one step.</summary>
    private sealed record StepBooks(string Step, IReadOnlyList<BookedEffect> Rows)
    {
        public bool IsEmpty => Rows.Count == 0;

        public string Service => Rows.OrderBy(row => row.Undo).Select(row => row.Service).FirstOrDefault() ?? "";

        public BookedEffect? Odd => Rows.FirstOrDefault(row => row.Outcome is null || row.Attempt < 1);

        public int TimesApplied => Rows.Count(row => row is { Undo: false, Outcome: LedgerOutcome.Done });

        public int TimesUndone => Rows.Count(row => row is { Undo: true, Outcome: LedgerOutcome.Done });

        public bool IsApplied => TimesApplied > 0;

        /// <summary>A call that was begun may have had its effect outside.</summary>
        public bool MayBeApplied => Rows.Any(row => row is { Undo: false, Outcome: LedgerOutcome.Done or LedgerOutcome.Begun });

        public bool IsUndone => TimesUndone > 0;

        /// <summary>Its undo came first, and it cannot come to be any more.</summary>
        public bool IsBarred => Rows.Any(row => row is { Undo: true, Outcome: LedgerOutcome.Empty });

        public bool HasEffect => MayBeApplied || IsUndone;

        public string Word => this switch { { IsUndone: true } => "undone", { IsApplied: true } => "applied", { IsBarred: true } => "not to be applied any more", { MayBeApplied: true } => "begun", _ => "refused" };
    }

    private sealed class Tally
    {
        private readonly List<Imbalance> _imbalances = [];

        public long Applied { get; set; }

        public long Undone { get; set; }

        public long Open { get; set; }

        public long Unjudged { get; set; }

        public BalanceVerdict Verdict => new(Applied, Undone, Open, Unjudged, _imbalances);

        public void Name(ImbalanceKind kind, string service, string step, string says) => _imbalances.Add(new Imbalance(kind, service, step, says));
    }
}
