namespace Skald.Generators.Tests;

public sealed class Rules_of_sagas
{
    private const string Whole = """saga.Step("reserve").Send(t => new ReserveSeat(t.Id)).Undo(t => new ReleaseSeat(t.Id));""";

    public static TheoryData<string> Refused =>
    [
        """saga.{|SKALD103:Step("reserve")|}.Send(t => new ReserveSeat(t.Id)).OnReply((t, r) => t).Within(TimeSpan.FromSeconds(5));""",
        """saga.{|SKALD103:Step("count")|}.Do((t, _) => t);""",
        """saga.Parallel(p => p.{|SKALD103:Step("reserve")|}.Send(t => new ReserveSeat(t.Id)));""",
        """if (Name == "trip") saga.{|SKALD103:Step("reserve")|}.Send(t => new ReserveSeat(t.Id));""",
        Whole + """saga.{|SKALD102:Step("nothing")|};""",
        Whole + """saga.{|SKALD101:Step("reserve")|}.Do((t, _) => t).NothingToUndo("counts");""",
        Whole + """saga.{|SKALD101:WaitFor<TripApproved>("reserve")|};""",
        """saga.Pivot("go").Do((t, _) => t); saga.{|SKALD104:Step("late")|}.Do((t, _) => t).NothingToUndo("counts");""",
        """saga.Pivot("go").Do((t, _) => t); saga.{|SKALD104:Step("late")|}.Do((t, _) => t);""",
        """saga.Pivot("go").Do((t, _) => t); saga.{|SKALD105:Pivot("again")|}.Do((t, _) => t);""",
        """saga.{|SKALD106:Retriable("early")|}.Do((t, _) => t); saga.Pivot("go").Do((t, _) => t);""",
        """saga.Pivot("go").Do((t, _) => t); saga.{|SKALD107:Retriable("tell")|}.Send(t => new ReserveSeat(t.Id)).OnReply((t, r) => t);""",
        """saga.{|SKALD108:Step("reserve")|}.Send(t => new ReserveSeat(t.Id)).Undo(t => new ReleaseSeat(t.Id)).NothingToUndo("it lapses");""",
        """saga.WaitFor<TripApproved>("approval").{|SKALD195:ByKey(e => e.By)|};""",
    ];

    public static TheoryData<string> Right =>
    [
        Whole,
        """saga.Step("count").Do((t, _) => t).Undo((t, _) => t);""",
        """saga.Step("count").Do((t, _) => t).When(t => t.Id != "").NothingToUndo("counts");""",
        """saga.Parallel(p => { p.Step("a").Send(t => new ReserveSeat(t.Id)).Undo(t => new ReleaseSeat(t.Id)); p.WaitFor<TripApproved>("b"); });""",
        """saga.Pivot("go").Send(t => new ReserveSeat(t.Id)).NothingToUndo("it lapses").Within(TimeSpan.FromSeconds(5));""",
        """saga.Pivot("go").Send(t => new ReserveSeat(t.Id)); saga.Retriable("tell").Send(t => new ReleaseSeat(t.Id)).ParkIfRefused(); saga.WaitFor<TripEnded>("end");""",
        """saga.Key(t => t.Id); saga.WaitFor<TripApproved>("approval").ByKey(e => e.By);""",
        // What has a way back is not said in one sentence, or by somebody else.
        """var step = saga.Step("reserve").Send(t => new ReserveSeat(t.Id)); step.Undo(t => new ReleaseSeat(t.Id));""",
        """saga.Step("reserve").Send(t => new ReserveSeat(t.Id)).Released(); """,
        // Which of them there is, is decided while it runs.
        """if (Name == "trip") saga.Step("a").Do((t, _) => t).NothingToUndo("counts"); else saga.Step("a").Do((t, _) => t).NothingToUndo("counts");""",
        """if (Name == "trip") saga.Pivot("a").Do((t, _) => t); else saga.Pivot("b").Do((t, _) => t); saga.Retriable("c").Do((t, _) => t);""",
    ];

    private const string Extension = """

        public static class Ways
        {
            public static void Released(this ICompensatableStep<Trip, ReserveSeat> step) => step.Undo(t => new ReleaseSeat(t.Id));
        }
        """;

    [Theory, MemberData(nameof(Refused))]
    public Task Say_what_start_up_says(string define) => Told.AtTypingAndAtStartUp(Texts.Saga(define));

    [Theory, MemberData(nameof(Right))]
    public Task Say_nothing_of_what_starts(string define) => Told.AtTypingAlone(Texts.Saga(define) + Extension);

    [Fact]
    public Task Allow_a_name_twice_in_different_versions() => Told.AtTypingAlone(Texts.Saga(
        """
        saga.Step("count").Do((t, _) => t).NothingToUndo("counts").Until(2);
        saga.Step("count").Do((t, _) => t).NothingToUndo("counts").Since(2);
        """).Replace("protected override", "public override int Version => 2; protected override", StringComparison.Ordinal));

    [Fact]
    public Task Say_that_the_deadline_of_a_pivot_that_cannot_be_undone_has_no_effect() => Told.AtTypingAlone(Texts.Saga(
        """saga.Pivot("go").Send(t => new ReserveSeat(t.Id)).{|SKALD210:Within(TimeSpan.FromSeconds(5))|}.ParkAfter(TimeSpan.FromHours(1));"""));

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("TODO: why")]
    public Task Ask_why_there_is_nothing_to_undo(string reason) => Told.AtTypingAlone(Texts.Saga(
        $$"""saga.Step("count").Do((t, _) => t).NothingToUndo({|SKALD215:"{{reason}}"|});"""));
}
