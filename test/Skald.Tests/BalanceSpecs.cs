using Skald.Decisions;
using Skald.Definition;
using Skald.Testing;
using Xunit;

namespace Skald.Tests;

/// <summary>What a saga says of its effects, held against what ledgers say: every pair of them.</summary>
public sealed class Books_that_are_held_against_a_saga
{
    private const string Kitchen = "food.kitchen";

    private static readonly SagaId Id = new(new Guid(7, 0, 0, new byte[8]));
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly HashSet<string> Everybody = [Kitchen, "food.bank"];

    // Rows are written as they came: "refused, done@2, undo done" is a refusal, the second attempt, and its undo.
    [Theory]
    [InlineData(EffectState.Applied, "done", 1, 0, 0)]
    [InlineData(EffectState.Applied, "refused, done@2", 1, 0, 0)]
    [InlineData(EffectState.Undone, "done, undo done", 0, 1, 0)]
    [InlineData(EffectState.Undone, "done, undo refused, undo done@2", 0, 1, 0)]
    [InlineData(EffectState.Undone, "begun, undo done", 0, 1, 0)]
    [InlineData(EffectState.Undone, "undo empty", 0, 1, 0)]
    [InlineData(EffectState.Undone, "undo empty, refused", 0, 1, 0)]
    [InlineData(EffectState.Gone, "done, undo done", 0, 1, 0)]
    [InlineData(EffectState.Gone, "", 0, 0, 0)]
    [InlineData(EffectState.Gone, "refused", 0, 0, 0)]
    [InlineData(EffectState.Never, "", 0, 0, 0)]
    [InlineData(EffectState.Never, "refused", 0, 0, 0)]
    [InlineData(EffectState.Either, "", 0, 0, 0)]
    [InlineData(EffectState.Either, "done", 1, 0, 0)]
    [InlineData(EffectState.Either, "done, undo done", 0, 1, 0)]
    [InlineData(EffectState.Either, "undo missing", 0, 0, 0)]
    public void Balance(EffectState state, string rows, int applied, int undone, int unjudged)
    {
        var verdict = Judge(SagaStatus.Completed, state, rows);
        Assert.Equal((applied, undone, 0, unjudged), (verdict.Applied, verdict.Undone, verdict.Open, verdict.Unjudged));
        Assert.Empty(verdict.Imbalances);
    }

    [Theory]
    [InlineData(EffectState.Applied, "", ImbalanceKind.NotApplied, "not recorded")]
    [InlineData(EffectState.Applied, "refused", ImbalanceKind.NotApplied, "not recorded")]
    [InlineData(EffectState.Applied, "begun", ImbalanceKind.NotApplied, "not recorded")]
    [InlineData(EffectState.Applied, "done, undo done", ImbalanceKind.Undone, "recorded as undone")]
    [InlineData(EffectState.Applied, "undo empty", ImbalanceKind.Undone, "recorded as undone")]
    [InlineData(EffectState.Undone, "done", ImbalanceKind.NotUndone, "applied and not undone")]
    [InlineData(EffectState.Undone, "begun", ImbalanceKind.NotUndone, "applied and not undone")]
    [InlineData(EffectState.Undone, "done, undo refused", ImbalanceKind.NotUndone, "applied and not undone")]
    [InlineData(EffectState.Undone, "undo empty, done", ImbalanceKind.NotUndone, "applied and not undone")]
    [InlineData(EffectState.Undone, "", ImbalanceKind.UndoMissing, "that is not recorded")]
    [InlineData(EffectState.Undone, "undo done", ImbalanceKind.ActionMissing, "not as ever having been applied")]
    [InlineData(EffectState.Gone, "done", ImbalanceKind.NotUndone, "applied and not undone")]
    [InlineData(EffectState.Gone, "undo done", ImbalanceKind.ActionMissing, "not as ever having been applied")]
    [InlineData(EffectState.Never, "done", ImbalanceKind.NotAsked, "recorded as applied")]
    [InlineData(EffectState.Never, "begun", ImbalanceKind.NotAsked, "recorded as applied")]
    [InlineData(EffectState.Never, "undo done", ImbalanceKind.ActionMissing, "not as ever having been applied")]
    [InlineData(EffectState.Applied, "done, done@2", ImbalanceKind.Twice, "applied 2 times")]
    [InlineData(EffectState.Undone, "done, undo done, undo done@2", ImbalanceKind.Twice, "undone 2 times")]
    [InlineData(EffectState.Either, "done, done@2", ImbalanceKind.Twice, "applied 2 times")]
    [InlineData(EffectState.Applied, "odd", ImbalanceKind.Unreadable, "damaged")]
    [InlineData(EffectState.Applied, "done@0", ImbalanceKind.Unreadable, "damaged")]
    [InlineData(EffectState.Applied, "done@-3", ImbalanceKind.Unreadable, "damaged")]
    public void Name_what_does_not_balance(EffectState state, string rows, ImbalanceKind kind, string says)
    {
        var verdict = Judge(SagaStatus.Completed, state, rows);
        var imbalance = Assert.Single(verdict.Imbalances);
        Assert.Equal((kind, Kitchen, "book"), (imbalance.Kind, imbalance.Service, imbalance.Step));
        Assert.Contains(says, imbalance.Says, StringComparison.Ordinal);
        Assert.Equal(0, verdict.Applied + verdict.Undone + verdict.Open + verdict.Unjudged);
    }

    [Theory]
    [InlineData(SagaStatus.Running)]
    [InlineData(SagaStatus.Compensating)]
    [InlineData(SagaStatus.Parked)]
    public void Are_open_while_the_saga_has_not_ended(SagaStatus status)
    {
        foreach (var rows in (string[])["", "done", "done, undo done", "undo missing", "refused, begun@2"])
        {
            Assert.Equal((1, 0), (Judge(status, EffectState.Open, rows) is var verdict ? verdict.Open : 0, verdict.Imbalances.Count));
        }

        // A row that is damaged does not become whole by waiting.
        Assert.Equal(ImbalanceKind.Unreadable, Assert.Single(Judge(status, EffectState.Open, "odd").Imbalances).Kind);
    }

    [Fact]
    public void Are_not_judged_where_the_participant_does_not_answer()
    {
        var verdict = Decisions.Balance.Of(Account(SagaStatus.Completed, new StatedEffect("book", "elsewhere", EffectState.Applied)), [], Everybody);
        Assert.Equal((0, 1, 0), (verdict.Applied, verdict.Unjudged, verdict.Imbalances.Count));
    }

    [Fact]
    public void Name_an_effect_of_a_step_that_the_saga_does_not_have()
    {
        var account = Account(SagaStatus.Completed, new StatedEffect("book", Kitchen, EffectState.Applied));
        var verdict = Decisions.Balance.Of(account, [.. Rows("done"), .. Rows("done", "bake"), .. Rows("refused", "boil")], Everybody);
        Assert.Equal((1, "bake", ImbalanceKind.UnknownStep), (verdict.Applied, Assert.Single(verdict.Imbalances).Step, verdict.Imbalances[0].Kind));
    }

    [Fact]
    public void Of_a_removed_saga_are_only_counted()
    {
        var removed = Account(SagaStatus.Compensated) with { IsRemoved = true };
        var verdict = Decisions.Balance.Of(removed, [.. Rows("done"), .. Rows("done, undo done", "bake")], Everybody);
        Assert.Equal((1, 1, 0), (verdict.Applied, verdict.Undone, verdict.Imbalances.Count));
        Assert.Equal(ImbalanceKind.Twice, Assert.Single(Decisions.Balance.Of(removed, Rows("done, done@2"), Everybody).Imbalances).Kind);
    }

    [Fact]
    public void Of_a_saga_that_cannot_be_read_are_not_judged() =>
        Assert.Equal(1, Decisions.Balance.Of(Account(SagaStatus.Completed) with { Unread = "version 3 is not known" }, Rows("done"), Everybody).Unjudged);

    [Fact]
    public void Of_a_saga_that_nobody_has_are_named_unless_it_may_be_anothers_or_gone()
    {
        AskedStep[] asked = [new("food.orders", "book", Kitchen, "kitchen.book", TimeSpan.FromDays(90))];
        var imbalance = Assert.Single(Decisions.Balance.OfUnknownSaga(Rows("done"), asked, isWhole: true, Now).Imbalances);
        Assert.Equal((ImbalanceKind.UnknownSaga, Kitchen, "book"), (imbalance.Kind, imbalance.Service, imbalance.Step));
        Assert.Contains("'food.orders'", imbalance.Says, StringComparison.Ordinal);
        Assert.Single(Decisions.Balance.OfUnknownSaga(Rows("undo empty", "book~2"), asked, isWhole: true, Now).Imbalances);
        // Somebody does not answer; it is the step, the command or the ledger of another's saga; it has been removed for so long that nobody remembers.
        Assert.Equal(1, Decisions.Balance.OfUnknownSaga(Rows("done"), asked, isWhole: false, Now).Unjudged);
        Assert.Equal(1, Decisions.Balance.OfUnknownSaga(Rows("done", "bake"), asked, isWhole: true, Now).Unjudged);
        Assert.Equal(1, Decisions.Balance.OfUnknownSaga(Rows("done"), [asked[0] with { Message = "kitchen.bake" }], isWhole: true, Now).Unjudged);
        Assert.Equal(1, Decisions.Balance.OfUnknownSaga(Rows("done"), [asked[0] with { Participant = "food.bank" }], isWhole: true, Now).Unjudged);
        Assert.Equal(1, Decisions.Balance.OfUnknownSaga(Rows("done"), asked, isWhole: true, Now.AddDays(90)).Unjudged);
    }

    private static BalanceVerdict Judge(SagaStatus status, EffectState state, string rows) => Decisions.Balance.Of(Account(status, new StatedEffect("book", Kitchen, state)), Rows(rows), Everybody);

    private static SagaAccount Account(SagaStatus status, params StatedEffect[] stated) => new("food.orders", Id, "order", status, 7, stated);

    private static List<BookedEffect> Rows(string rows, string step = "book") =>
    [
        .. from row in rows.Split(", ", StringSplitOptions.RemoveEmptyEntries)
           let words = row.Split(' ')
           let parts = words[^1].Split('@')
           select new BookedEffect(Kitchen, Id, step, words.Length > 1, parts.Length > 1 ? int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture) : 1, "kitchen.book", parts[0] == "odd" ? null : Enum.Parse<LedgerOutcome>(parts[0], ignoreCase: true), Now),
    ];
}

/// <summary>What a saga says of its effects, from where its steps stand.</summary>
public sealed class A_saga_that_says_what_became_of_its_effects
{
    private static readonly IReadOnlySet<string> Nothing = new HashSet<string>();

    [Theory]
    [InlineData(SagaStatus.Completed, StepState.Done, 1, EffectState.Applied)]
    [InlineData(SagaStatus.Completed, StepState.Skipped, 0, EffectState.Never)]
    [InlineData(SagaStatus.Completed, StepState.Skipped, 1, EffectState.Either)]
    [InlineData(SagaStatus.Completed, StepState.InDoubt, 1, EffectState.Either)]
    [InlineData(SagaStatus.Compensated, StepState.Undone, 1, EffectState.Undone)]
    [InlineData(SagaStatus.Compensated, StepState.Done, 1, EffectState.Undone)]
    [InlineData(SagaStatus.Compensated, StepState.Refused, 2, EffectState.Never)]
    [InlineData(SagaStatus.Compensated, StepState.Pending, 0, EffectState.Never)]
    [InlineData(SagaStatus.Compensated, StepState.Skipped, 3, EffectState.Either)]
    [InlineData(SagaStatus.Parked, StepState.UndoFailed, 1, EffectState.Open)]
    [InlineData(SagaStatus.Running, StepState.Done, 1, EffectState.Open)]
    public void Says_it_by_their_states(SagaStatus status, StepState state, int attempt, EffectState says) =>
        Assert.Equal([new StatedEffect("reserve seat", "seats", says)], Of(TripSagas.Linear, status, Nothing, new StepRecord(state, attempt, 0, default, null)).Where(c => c.Step == "reserve seat"));

    [Fact]
    public void Says_nothing_of_what_it_does_itself_or_has_not_asked_for_yet()
    {
        var stated = Of(TripSagas.WithPivot, SagaStatus.Running, Nothing, new StepRecord(StepState.Done, 1, 0, default, null), new StepRecord(StepState.Sent, 1, 0, default, null));
        Assert.Equal(["reserve seat"], stated.Select(effect => effect.Step));
        Assert.Equal(["reserve seat", "charge card", "print ticket"], Of(TripSagas.WithPivot, SagaStatus.Compensated, Nothing).Select(effect => effect.Step));
    }

    [Fact]
    public void Says_nothing_certain_of_what_nothing_undoes() =>
        Assert.Equal(EffectState.Either, Of(TripSagas.WithPivot, SagaStatus.Compensated, Nothing, default(StepRecord) with { State = StepState.Undone }, default(StepRecord) with { State = StepState.Undone, Attempt = 1 }, new StepRecord(StepState.Undone, 1, 0, default, null)).Single(c => c.Step == "charge card").State);

    [Fact]
    public void Says_that_earlier_rounds_are_gone_unless_a_person_skipped_their_undo()
    {
        var record = new StepRecord(StepState.Done, 3, 0, default, null, "reserve seat~3");
        Assert.Equal(
            [("reserve seat", EffectState.Gone), ("reserve seat~2", EffectState.Gone), ("reserve seat~3", EffectState.Applied)],
            Of(TripSagas.Linear, SagaStatus.Completed, Nothing, record).Take(3).Select(effect => (effect.Step, effect.State)));
        Assert.Equal(
            [EffectState.Either, EffectState.Either, EffectState.Applied],
            Of(TripSagas.Linear, SagaStatus.Completed, new HashSet<string> { "reserve seat" }, record).Take(3).Select(effect => effect.State));
        Assert.True(StatedEffects.NeedTimeline(TripSagas.Linear.Plan(), SagaStatus.Completed, Steps(TripSagas.Linear.Plan(), record)));
        Assert.False(StatedEffects.NeedTimeline(TripSagas.Linear.Plan(), SagaStatus.Completed, Steps(TripSagas.Linear.Plan(), record with { Name = null })));
        Assert.False(StatedEffects.NeedTimeline(TripSagas.Linear.Plan(), SagaStatus.Running, Steps(TripSagas.Linear.Plan(), record)));
    }

    [Fact]
    public void Asks_its_timeline_about_a_point_of_no_return_that_is_said_to_be_undone()
    {
        StepRecord[] records = [new(StepState.Undone, 1, 0, default, null), new(StepState.Undone, 1, 0, default, null)];
        var plan = TripSagas.WithPivotThatCanBeUndone.Plan();
        Assert.True(StatedEffects.NeedTimeline(plan, SagaStatus.Compensated, Steps(plan, records)));
        Assert.Equal(EffectState.Undone, Of(TripSagas.WithPivotThatCanBeUndone, SagaStatus.Compensated, Nothing, records)[1].State);
        Assert.Equal(EffectState.Either, Of(TripSagas.WithPivotThatCanBeUndone, SagaStatus.Compensated, new HashSet<string> { "charge card" }, records)[1].State);
    }

    private static IReadOnlyList<StatedEffect> Of(TestSaga saga, SagaStatus status, IReadOnlySet<string> skipped, params StepRecord[] records) =>
        StatedEffects.Of(saga.Plan(), status, Steps(saga.Plan(), records), skipped, _ => "seats");

    private static StepRecord[] Steps(SagaPlan plan, params StepRecord[] records) => [.. records, .. Enumerable.Repeat(StepRecord.Initial, plan.Steps.Length - records.Length)];
}
