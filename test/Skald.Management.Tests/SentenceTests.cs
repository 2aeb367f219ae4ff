using Skald.Decisions;
using Skald.Definition;
using Skald.Messaging;

namespace Skald.Management.Tests;

/// <summary>Each status, and each state and kind of a step, has its sentence.</summary>
public sealed class A_saga_in_a_sentence
{
    private static readonly DateTimeOffset Now = new(2026, 11, 30, 14, 2, 4, TimeSpan.Zero);
    private static readonly StepWork Command = new StepWork.Remote(new CommandPlan(typeof(AuthorizeCard), _ => new AuthorizeCard("", 0, true))) { RefusalRetry = new RetryPolicy(2, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5)), UndoCommand = new CommandPlan(typeof(ReverseCard), _ => new ReverseCard("")) };
    private static readonly StepWork Wait = new StepWork.Wait([new WaitEnd(typeof(OrderConfirmed))]);

    [Fact]
    public void Says_how_it_ended()
    {
        Assert.Equal("All 2 steps done, in 41 ms.", Why(Ended(SagaStatus.Completed, 41), Step("a", StepState.Done), Step("b", StepState.Done)));
        Assert.Equal("1 step done and 1 passed over, in 41 ms.", Why(Ended(SagaStatus.Completed, 41), Step("a", StepState.Done), Step("b", StepState.Skipped)));
        Assert.Equal("It turned back because of 'pay' (the card was declined); 1 step undone, in 3 s.",
            Why(Ended(SagaStatus.Compensated, 3000) with { FailedStep = "pay", Failure = new Refusal("CardDeclined", "the card was declined.") }, Step("a", StepState.Undone), Step("pay", StepState.Refused)));
    }

    [Fact]
    public void Says_whose_answer_it_waits_for_until_when_and_at_which_attempt() =>
        Assert.Equal("It waits for shop.cards's answer to 'pay', attempt 2 of 3, until 14:02:31 UTC, in 27 s.", Why(Saga(SagaStatus.Running), Step("pay", StepState.Sent, Command, attempt: 2, due: 27)));

    [Fact]
    public void Says_when_what_it_waits_for_is_overdue() =>
        Assert.Equal("It waits for shop.cards's answer to 'pay', attempt 1 of 3, overdue since 14:02:00 UTC, for 4 s.", Why(Saga(SagaStatus.Running), Step("pay", StepState.Sent, Command, attempt: 1, due: -4)));

    [Fact]
    public void Says_which_event_it_waits_for()
    {
        Assert.Equal("It waits at 'confirmation' for 'ORDER_CONFIRMED' from outside, until 2026-12-01 14:02 UTC, in 24 h.", Why(Saga(SagaStatus.Running), Step("confirmation", StepState.Waiting, Wait, due: 86_400)));
        Assert.Equal("It waits at 'confirmation' for 'ORDER_CONFIRMED' from outside, however long that takes.", Why(Saga(SagaStatus.Running), Step("confirmation", StepState.Waiting, Wait)));
    }

    [Fact]
    public void Says_when_it_tries_again()
    {
        Assert.Equal("It tries 'pay' again at 14:02:09 UTC, in 5 s, attempt 2 of 3.", Why(Saga(SagaStatus.Running), Step("pay", StepState.RetryWait, Command, attempt: 1, due: 5)));
        Assert.Equal("It turns back because of 'x' and tries to undo 'pay' again at 14:02:09 UTC, in 5 s, attempt 3 of 12.",
            Why(Saga(SagaStatus.Compensating) with { FailedStep = "x" }, Step("pay", StepState.UndoWait, Command, tries: 2, due: 5)));
    }

    [Fact]
    public void Says_who_undoes_what() => Assert.Equal("It turns back because of 'x' (no) and waits for shop.cards to undo 'pay', attempt 1 of 12, however long that takes.",
        Why(Saga(SagaStatus.Compensating) with { FailedStep = "x", Failure = new Refusal("No", "no") }, Step("pay", StepState.Undoing, Command)));

    [Fact]
    public void Says_what_stays_open_beside_it() => Assert.Equal(
        "It waits for shop.cards's answer to 'b', attempt 1 of 3, until 14:02:05 UTC, in 1 s; 1 more step is open beside it.",
        Why(Saga(SagaStatus.Running), Step("a", StepState.Sent, Command, attempt: 1, due: 9), Step("b", StepState.Sent, Command, attempt: 1, due: 1)));

    [Fact]
    public void Says_that_it_is_about_to_go_on()
    {
        Assert.Equal("It is about to go on.", Why(Saga(SagaStatus.Running), Step("a", StepState.Pending)));
        Assert.Equal("It goes on at 14:02:05 UTC, in 1 s.", Why(Saga(SagaStatus.Running) with { NextAt = Now.AddSeconds(1) }, Step("a", StepState.Pending)));
    }

    [Fact]
    public void Says_why_it_waits_for_a_person_and_what_can_be_done()
    {
        var parked = Saga(SagaStatus.Parked) with { ParkReason = "the oven is out." };
        Assert.Equal("It waits for a person: the oven is out; it can go on or turn back.", Why(parked, Step("a", StepState.Done)));
        Assert.Equal("It waits for a person: the oven is out; its point of no return is passed.", Why(parked, Step("a", StepState.Done, kind: StepKind.Pivot)));
        Assert.Equal("It waits for a person: the oven is out.", Why(parked with { FailedStep = "a" }, Step("a", StepState.UndoFailed)));
    }

    [Fact]
    public void Says_that_it_cannot_be_read() =>
        Assert.Equal("This process cannot read it: its state is no JSON.", Why(Saga(SagaStatus.Running) with { Damage = "its state is no JSON" }));

    [Theory]
    [InlineData(StepState.Pending, "remains")]
    [InlineData(StepState.Done, "is done")]
    [InlineData(StepState.Skipped, "was passed over")]
    [InlineData(StepState.Refused, "was refused: certainly not done")]
    [InlineData(StepState.InDoubt, "was not answered in time: it may have been done, and is undone too")]
    [InlineData(StepState.Undone, "is undone")]
    [InlineData(StepState.UndoFailed, "could not be undone: a person has to look")]
    [InlineData(StepState.Sent, "waits for shop.cards's answer to 'a', however long that takes")]
    [InlineData(StepState.Waiting, "waits at 'a', however long that takes")]
    [InlineData(StepState.RetryWait, "tries 'a' again when a person says so, attempt 1 of 3")]
    [InlineData(StepState.Undoing, "waits for shop.cards to undo 'a', attempt 1 of 12, however long that takes")]
    [InlineData(StepState.UndoWait, "tries to undo 'a' again when a person says so, attempt 1 of 12")]
    public void Says_where_each_step_stands(StepState state, string says) => Assert.Equal(says, Sentences.OfStep(Step("a", state, Command), Saga(SagaStatus.Running), Now));

    [Fact]
    public void Has_a_word_for_each_state_of_a_step() => Assert.Equal(StepWords.All.Count, StepWords.All.Distinct().Count());

    [Fact]
    public void Has_a_headline()
    {
        Assert.Equal("1 of 2 done, next: pay, within 27 s", Sentences.Headline(Saga(SagaStatus.Running), [Step("a", StepState.Done), Step("pay", StepState.Sent, Command, due: 27)], Now));
        Assert.Equal("1 of 2 undone, next: pay", Sentences.Headline(Saga(SagaStatus.Compensating), [Step("pay", StepState.Undoing, Command), Step("b", StepState.Undone), Step("c", StepState.Pending)], Now));
        Assert.Equal("1 of 2 done, parked at: b", Sentences.Headline(Saga(SagaStatus.Parked), [Step("a", StepState.Done), Step("b", StepState.Pending)], Now));
    }

    private static string Why(SagaSummary saga, params StepFacts[] steps) => Sentences.Why(saga, steps, Now);

    private static SagaSummary Saga(SagaStatus status) => new(new SagaId(Guid.Empty), "d", status, null, null, null, null, null, null, null, Now.AddMinutes(-1), Now, null);

    private static SagaSummary Ended(SagaStatus status, int milliseconds) => Saga(status) with { StartedAt = Now.AddMilliseconds(-milliseconds), EndedAt = Now };

    private static StepFacts Step(string name, StepState state, StepWork? work = null, int attempt = 0, int tries = 0, double? due = null, StepKind kind = StepKind.Compensatable) => new(
        new StepPlan { Name = name, Index = 0, Stage = 0, Kind = kind, Work = work ?? new StepWork.Local((state, _) => ValueTask.FromResult(((object?)state, (Refusal?)null))) },
        new StepView(name, state, attempt, tries, due is { } seconds ? Now.AddSeconds(seconds) : null), "shop.cards", "shop.cards");
}
