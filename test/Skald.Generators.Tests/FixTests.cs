using Microsoft.CodeAnalysis;

namespace Skald.Generators.Tests;

public sealed class A_fix
{
    [Theory]
    [InlineData(
        """saga.{|SKALD103:Step("reserve")|}.Send(t => new ReserveSeat(t.Id)).OnReply((t, r) => t);""",
        """saga.Step("reserve").Send(t => new ReserveSeat(t.Id)).OnReply((t, r) => t).NothingToUndo({|SKALD215:"TODO: why"|});""")]
    [InlineData("""saga.{|SKALD103:Step("count")|}.Do((t, _) => t);""", """saga.Step("count").Do((t, _) => t).NothingToUndo({|SKALD215:"TODO: why"|});""")]
    [InlineData(
        """
                saga.{|SKALD103:Step("reserve")|}.Send(t => new ReserveSeat(t.Id))
                    .OnReply((t, r) => t);
        """,
        """
                saga.Step("reserve").Send(t => new ReserveSeat(t.Id))
                    .OnReply((t, r) => t)
                    .NothingToUndo({|SKALD215:"TODO: why"|});
        """)]
    public Task Says_that_there_is_nothing_to_undo_and_a_rule_asks_why(string bad, string good) =>
        Fixed.As("Say that there is nothing to undo", Texts.Saga(bad), Texts.Saga(good));

    [Fact]
    public Task Says_the_same_of_a_flow() => Fixed.As(
        "Say that there is nothing to undo",
        Texts.Flow("""flow.{|SKALD135:StartsWith<TripAsked>("t.trips")|};"""),
        Texts.Flow("""flow.StartsWith<TripAsked>("t.trips").NothingToUndo({|SKALD215:"TODO: why"|});"""));

    [Theory]
    [InlineData("Send(t => new ReserveSeat(t.Id))", "Send(t => new ReserveSeat(t.Id)).Undo(state => new UndoReserveSeat())", "CS0246")]
    [InlineData("Do((t, _) => t)", "Do((t, _) => t).Undo((state, context) => UndoThis(state, context))", "CS0103")]
    public async Task Adds_an_undo_that_does_not_compile_before_it_undoes(string bad, string good, string error)
    {
        var done = await Fixed.TextAsync("Undo it", Texts.Saga($$"""saga.{|SKALD103:Step("a")|}.{{bad}};"""));

        Assert.Equal(Texts.Saga($$"""saga.Step("a").{{good}};"""), done);
        Assert.Contains(Compiled.Of(done).GetDiagnostics(), d => d.Severity == DiagnosticSeverity.Error && d.Id == error);
    }

    [Fact]
    public Task Parks_a_saga_whose_last_steps_are_refused() => Fixed.As(
        "Ask a person when it is refused",
        Texts.Saga("""saga.Pivot("go").Do((t, _) => t); saga.{|SKALD107:Retriable("tell")|}.Send(t => new ReserveSeat(t.Id));"""),
        Texts.Saga("""saga.Pivot("go").Do((t, _) => t); saga.Retriable("tell").Send(t => new ReserveSeat(t.Id)).ParkIfRefused();"""));

    [Fact]
    public Task Gives_a_pivot_that_cannot_be_undone_a_time_after_which_a_person_is_asked() => Fixed.As(
        "Ask a person when it takes longer",
        Texts.Saga("""saga.Pivot("go").Send(t => new ReserveSeat(t.Id)).{|SKALD210:Within(TimeSpan.FromSeconds(5))|};"""),
        Texts.Saga("""saga.Pivot("go").Send(t => new ReserveSeat(t.Id)).ParkAfter(TimeSpan.FromSeconds(5));"""));

    [Theory]
    [InlineData("public Reply<Booked> {|SKALD126:Handle|}(Book command) => new Booked(command.Id);", "public Reply<Booked> Handle(Book command, MessageContext context) => new Booked(command.Id);")]
    [InlineData("public void {|SKALD126:Handle|}(TripEnded e, StepContext call) => _ = call.Now;", "public void Handle(TripEnded e, MessageContext call) => _ = call.Now;")]
    [InlineData("internal static void {|SKALD126:Handle|}(TripEnded e, MessageContext context) { }", "public void Handle(TripEnded e, MessageContext context) { }")]
    [InlineData(
        "public Task {|SKALD126:Handle|}(TripEnded e, CancellationToken stop) => Task.Delay(1, stop);",
        "public Task Handle(TripEnded e, MessageContext context) => Task.Delay(1, context.CancellationToken);")]
    public Task Gives_a_handler_its_context(string bad, string good) => Fixed.As(
        "Handle it with its MessageContext", Texts.Handlers($$"""public sealed class Handlers { {{bad}} }"""), Texts.Handlers($$"""public sealed class Handlers { {{good}} }"""));

    [Fact]
    public async Task Leaves_a_handler_alone_that_takes_what_no_context_has() => Assert.Empty(await Fixed.TitlesAsync(
        Texts.Handlers("public sealed class Handlers { public void {|SKALD126:Handle|}(TripEnded e, string by) { } }")));

    [Theory]
    [InlineData("public Booked {|SKALD127:Handle|}(Book command, MessageContext context) => new(command.Id);", "public Reply<Booked> Handle(Book command, MessageContext context) => new Booked(command.Id);")]
    [InlineData(
        "public async Task<Booked> {|SKALD127:Handle|}(Book command, MessageContext context) { await Task.Yield(); return new Booked(command.Id); }",
        "public async Task<Reply<Booked>> Handle(Book command, MessageContext context) { await Task.Yield(); return new Booked(command.Id); }")]
    public Task Makes_a_handler_answer_with_a_reply(string bad, string good) => Fixed.As(
        "Return Reply<Booked>", Texts.Handlers($$"""public sealed class Handlers { {{bad}} }"""), Texts.Handlers($$"""public sealed class Handlers { {{good}} }"""));

    [Fact]
    public Task Makes_a_handler_awaited() => Fixed.As(
        "Return Task",
        Texts.Handlers("public sealed class Handlers { public async void {|SKALD211:Handle|}(TripEnded e, MessageContext context) => await Task.Yield(); }"),
        Texts.Handlers("public sealed class Handlers { public async Task Handle(TripEnded e, MessageContext context) => await Task.Yield(); }"));

    [Fact]
    public Task Lets_a_state_be_set_when_it_is_made() => Fixed.As(
        "Use init",
        "public sealed record Tour { public int {|SKALD213:Seats|} { get; set; } } public abstract class TourSaga : Saga<Tour>;",
        "public sealed record Tour { public int Seats { get; init; } } public abstract class TourSaga : Saga<Tour>;");

    [Theory]
    [InlineData("ASKED", "Answered", "IEvent", "Event(\"{0}\")", "ANSWERED")]
    [InlineData("ANSWERED_LATE", "AnsweredLate", "IEvent", "Event(\"{0}\")", "ANSWERED_LATE_2")]
    [InlineData("seats.ask", "AnswerLate", "ICommand<Done>", "Command(\"{0}\", To = \"seats\")", "seats.answer-late")]
    public async Task Names_a_message_by_its_type(string taken, string type, string kind, string attribute, string name)
    {
        var first = $"[{string.Format(null, attribute, taken)}] public sealed record First : {kind};\n";
        var done = await Fixed.TextAsync(
            $"Name it '{name}'", $$"""{{first}}[{{string.Format(null, attribute, taken).Replace($"\"{taken}\"", $$"""{|SKALD123:"{{taken}}"|}""", StringComparison.Ordinal)}}] public sealed record {{type}} : {{kind}};""");

        Assert.Equal($"{first}[{string.Format(null, attribute, name)}] public sealed record {type} : {kind};", done);
        await Told.AtTyping(done);
    }
}
