using Microsoft.Extensions.DependencyInjection;
using Skald.Decisions;
using Skald.Definition;
using Skald.Storage;
using Xunit;

namespace Skald.Tests;

public sealed class A_definition_that_makes_no_sense_is_refused_with_code
{
    [Fact]
    public void SKALD100_when_it_has_no_steps() => Finds("SKALD100", _ => { });

    [Fact]
    public void SKALD101_when_two_steps_have_one_name() => Finds("SKALD101", saga =>
    {
        saga.Step("a").Send(t => new ReserveSeat(t.Id)).NothingToUndo("test");
        saga.Step("a").Send(t => new BookRoom(t.Id)).NothingToUndo("test");
    });

    [Fact]
    public void SKALD102_when_a_step_does_nothing() => Finds("SKALD102", saga => saga.Pivot("a"));

    [Fact]
    public void SKALD103_when_a_step_before_the_pivot_cannot_be_undone() => Finds("SKALD103", saga => saga.Step("a").Send(t => new ReserveSeat(t.Id)));

    [Fact]
    public void SKALD104_when_a_step_after_the_pivot_would_never_be_undone() => Finds("SKALD104", saga =>
    {
        saga.Pivot("a").Send(t => new ChargeCard(t.Id));
        saga.Step("b").Send(t => new ReserveSeat(t.Id)).Undo(t => new ReleaseSeat(t.Id));
    });

    [Fact]
    public void SKALD105_when_it_has_two_pivots() => Finds("SKALD105", saga =>
    {
        saga.Pivot("a").Send(t => new ChargeCard(t.Id));
        saga.Pivot("b").Send(t => new PrintTicket(t.Id));
    });

    [Fact]
    public void SKALD106_when_a_retriable_step_has_no_pivot_before_it() => Finds("SKALD106", saga =>
        saga.Retriable("a").Send(t => new SendMail(t.Id)).ParkIfRefused());

    [Fact]
    public void SKALD107_when_a_retriable_step_does_not_say_what_a_refusal_means() => Finds("SKALD107", saga =>
    {
        saga.Pivot("a").Send(t => new ChargeCard(t.Id));
        saga.Retriable("b").Send(t => new SendMail(t.Id));
    });

    [Fact]
    public void SKALD108_when_a_step_both_has_an_undo_and_needs_none() => Finds("SKALD108", saga =>
        saga.Step("a").Send(t => new ReserveSeat(t.Id)).Undo(t => new ReleaseSeat(t.Id)).NothingToUndo("test"));

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(4000)]
    public void SKALD109_when_a_deadline_is_out_of_range(int days) => Finds("SKALD109", saga =>
        saga.Step("a").Send(t => new ReserveSeat(t.Id)).NothingToUndo("test").Within(TimeSpan.FromDays(days)));

    [Theory]
    [InlineData("a\tb")]
    [InlineData("a\nb")]
    [InlineData("a\u2028b")]
    public void SKALD110_when_a_step_name_is_not_one_line(string name) => Finds("SKALD110", saga =>
        saga.Step(name).Send(t => new ReserveSeat(t.Id)).NothingToUndo("test"));

    [Fact]
    public void SKALD111_when_two_waits_are_for_the_same_event() => Finds("SKALD111", saga =>
    {
        saga.WaitFor<TripApproved>("first");
        saga.WaitFor<TripApproved>("second");
    });

    [Fact]
    public void All_its_mistakes_at_once()
    {
        var saga = new TestSaga(saga =>
        {
            saga.Step("reserve seat").Send(t => new ReserveSeat(t.Id));
            saga.Pivot("charge card").Send(t => new ChargeCard(t.Id)).Within(TimeSpan.Zero);
            saga.Retriable("send mail").Send(t => new SendMail(t.Id));
        });
        var exception = Assert.Throws<SagaDefinitionException>(() => saga.Plan());
        Assert.Equal(["SKALD103", "SKALD109", "SKALD107"], exception.Problems.Select(p => p[..8]));
        Assert.Contains("'reserve seat' of saga 'trip'", exception.Problems[0], StringComparison.Ordinal);
        Assert.All(exception.Problems, problem => Assert.Contains(problem, exception.Message, StringComparison.Ordinal));
    }

    private static void Finds(string code, Action<SagaBuilder<Trip>> define)
    {
        var exception = Assert.Throws<SagaDefinitionException>(() => new TestSaga(define).Plan());
        Assert.StartsWith(code, Assert.Single(exception.Problems), StringComparison.Ordinal);
    }
}

public sealed class A_service_that_makes_no_sense_is_refused_with_code
{
    [Fact]
    public void SKALD120_when_a_command_has_no_wire_name() => Finds("SKALD120", s => s.AddSaga<SendsNameless>());

    [Fact]
    public void SKALD121_when_a_command_says_no_service() => Finds("SKALD121", s => s.AddSaga<SendsHomeless>());

    [Fact]
    public void SKALD122_when_a_command_names_no_reply() => Finds("SKALD122", s => s.AddSaga<SendsReplyless>());

    [Fact]
    public void SKALD123_when_two_events_share_a_name() => Finds("SKALD123", s => s.AddSaga<WaitsForTwins>());

    [Fact]
    public void SKALD124_when_a_service_of_this_process_does_not_handle_a_command() => Finds("SKALD124", s => s.AddSaga<AsksSeats>(), AddSeatsWithoutHandler);

    [Fact]
    public void SKALD125_when_two_handlers_take_one_command() => Finds("SKALD125", s => s.AddHandlers<SeatDesk>().AddHandlers<OtherSeatDesk>(), name: "t.seats");

    [Fact]
    public void SKALD126_when_a_handler_class_handles_nothing() => Finds("SKALD126", s => s.AddHandlers<Idle>(), name: "t.seats");

    [Fact]
    public void SKALD127_when_a_handler_returns_another_reply() => Finds("SKALD127", s => s.AddHandlers<ConfusedDesk>(), name: "t.seats");

    [Fact]
    public void SKALD128_when_a_handlers_command_goes_elsewhere() => Finds("SKALD128", s => s.AddHandlers<SeatDesk>(), name: "t.other");

    [Fact]
    public void SKALD129_when_two_sagas_share_a_name() => Finds("SKALD129", s => s.AddSaga<AsksSeats>().AddSaga<AsksSeatsToo>());

    [Fact]
    public void Nothing_when_it_makes_sense() =>
        Assert.NotNull(Services(s => s.AddSaga<AsksSeats>(), "t.trips", c => c.AddSkald("t.seats", s => s.AddHandlers<SeatDesk>()))["t.trips"]);

    [Theory]
    [InlineData("")]
    [InlineData("Trips")]
    [InlineData("trips seats")]
    [InlineData("trips/seats")]
    public void A_name_that_is_not_a_service_name(string name) =>
        Assert.Throws<ArgumentException>(() => new ServiceCollection().AddSkald(name, _ => { }));

    private static void AddSeatsWithoutHandler(IServiceCollection services) => services.AddSkald("t.seats", _ => { });

    private static void Finds(string code, Action<SkaldBuilder> configure, Action<IServiceCollection>? more = null, string name = "t.trips")
    {
        var exception = Assert.Throws<SagaDefinitionException>(() => Services(configure, name, more)[name]);
        Assert.Contains(exception.Problems, p => p.StartsWith(code, StringComparison.Ordinal));
    }

    private static SkaldServices Services(Action<SkaldBuilder> configure, string name, Action<IServiceCollection>? more = null)
    {
        var services = new ServiceCollection();
        services.AddSkald(name, configure);
        more?.Invoke(services);
        return services.BuildServiceProvider().GetRequiredService<SkaldServices>();
    }

    public sealed record Nameless : ICommand<Done>;

    [Command("x.homeless")]
    public sealed record Homeless : ICommand<Done>;

    [Command("x.replyless", To = "x")]
    public sealed record Replyless : ICommand;

    [Event("TWIN")]
    public sealed record FirstTwin : IEvent;

    [Event("TWIN")]
    public sealed record SecondTwin : IEvent;

    public sealed class SendsNameless : Saga<Trip>
    {
        protected override void Define(SagaBuilder<Trip> saga) => saga.Step("a").Send(_ => new Nameless()).NothingToUndo("test");
    }

    public sealed class SendsHomeless : Saga<Trip>
    {
        protected override void Define(SagaBuilder<Trip> saga) => saga.Step("a").Send(_ => new Homeless()).NothingToUndo("test");
    }

    public sealed class SendsReplyless : Saga<Trip>
    {
        protected override void Define(SagaBuilder<Trip> saga) => saga.Step("a").Send(_ => new Replyless()).NothingToUndo("test");
    }

    public sealed class WaitsForTwins : Saga<Trip>
    {
        protected override void Define(SagaBuilder<Trip> saga)
        {
            saga.WaitFor<FirstTwin>("a");
            saga.WaitFor<SecondTwin>("b");
        }
    }

    public sealed class AsksSeats : Saga<Trip>
    {
        public override string Name => "asks-seats";

        protected override void Define(SagaBuilder<Trip> saga) => saga.Step("a").Send(t => new ReserveSeat(t.Id)).NothingToUndo("test");
    }

    public sealed class AsksSeatsToo : Saga<Trip>
    {
        public override string Name => "asks-seats";

        protected override void Define(SagaBuilder<Trip> saga) => saga.Step("a").Send(t => new ReserveSeat(t.Id)).NothingToUndo("test");
    }

    public sealed class SeatDesk
    {
        public Reply<SeatReserved> Handle(ReserveSeat command, MessageContext context) => new SeatReserved(command.Trip);
    }

    public sealed class OtherSeatDesk
    {
        public Task<Reply<SeatReserved>> Handle(ReserveSeat command, MessageContext context) => Task.FromResult<Reply<SeatReserved>>(new SeatReserved(command.Trip));
    }

    public sealed class ConfusedDesk
    {
        public Reply<RoomBooked> Handle(ReserveSeat command, MessageContext context) => new RoomBooked(command.Trip);
    }

    public sealed class Idle
    {
        public void Handle(string text) => _ = text;
    }
}

public sealed class A_stored_saga_and_a_changed_definition
{
    private const string SeatDone = "reserve seat\tD\t1\n";

    [Fact]
    public void Fit_when_steps_were_added_behind_it() =>
        Fits(SeatDone, Plan("reserve seat", "book room", "new step"), steps => Assert.Equal(StepState.Pending, steps[2].State));

    [Fact]
    public void Fit_when_a_step_it_has_not_reached_was_removed() => Fits(SeatDone, Plan("reserve seat"), steps => Assert.Single(steps));

    [Fact]
    public void Fit_when_a_step_was_renamed_with_an_alias() =>
        Fits(SeatDone + "book room\tS\t2\t0\t1\t2\n", Plan("reserve seat", "book suite|book room"), steps => Assert.Equal((StepState.Sent, 2), (steps[1].State, steps[1].Attempt)));

    [Fact]
    public void Keep_the_name_that_a_step_was_begun_under_however_often_they_are_stored()
    {
        var renamed = Plan("reserve seat", "book suite|book room");
        var steps = StepCodec.Decode(renamed, SeatDone + "book room\tS\t2\t0\t1\t2\n", out _);
        Assert.Equal("book room", steps[1].Name);
        Assert.Equal("book room", StepCodec.Decode(renamed, StepCodec.Encode(renamed, steps), out _)[1].Name);
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("reserve seat\n")]
    [InlineData("reserve seat\tD\n")]
    [InlineData("reserve seat\t?\t1\n")]
    [InlineData("reserve seat\tDD\t1\n")]
    [InlineData("reserve seat\tD\tx\n")]
    [InlineData("reserve seat\tS\t1\t0\n")]
    [InlineData("reserve seat\tS\t1\t0\tnow\t2\n")]
    [InlineData("reserve seat\tS\t1\t0\t1\tlater\n")]
    [InlineData("\t\t\t\t\t\t\t\n")]
    public void Differ_when_what_is_stored_is_damaged(string text) => Differs(text, Plan("reserve seat"), "of its steps cannot be read");

    [Fact]
    public void Are_read_with_times_that_no_calendar_has() =>
        Fits($"reserve seat\tS\t1\t0\t{long.MinValue}\t{long.MaxValue}\n", Plan("reserve seat"), steps => Assert.Equal(StepState.Sent, steps[0].State));

    [Fact]
    public void Differ_when_a_step_it_has_taken_was_removed() => Differs(SeatDone, Plan("book room"), "has taken step 'reserve seat'");

    [Fact]
    public void Skip_a_step_that_was_added_before_their_place()
    {
        var plan = Plan("check", "reserve seat");
        Fits(SeatDone, plan, steps => Assert.Equal([StepState.Skipped, StepState.Done], steps.Select(s => s.State)));
        // And a process that has the old code yet reads what is stored then.
        Fits(StepCodec.Encode(plan, StepCodec.Decode(plan, SeatDone, out _)), Plan("reserve seat"), steps => Assert.Equal(StepState.Done, Assert.Single(steps).State));
    }

    [Fact]
    public void Differ_when_a_point_of_no_return_was_added_before_their_place() => Differs("send mail\tS\t1\t0\t1\t\n", new TestSaga(saga =>
    {
        saga.Pivot("charge card").Send(t => new ChargeCard(t.Id));
        saga.Retriable("send mail").Send(t => new SendMail(t.Id)).ParkIfRefused();
    }).Plan(), "passed the place of 'charge card'");

    [Fact]
    public void Differ_when_steps_changed_places() =>
        Differs(SeatDone + "book room\tD\t1\n", Plan("book room", "reserve seat"), "'book room'");

    [Fact]
    public void Skip_a_step_that_was_added_before_a_wait_that_is_over() =>
        Fits(SeatDone + "approval\tD\t1\n", WaitPlan("reserve seat", "new step"), steps => Assert.Equal([StepState.Done, StepState.Skipped, StepState.Done], steps.Select(s => s.State)));

    [Fact]
    public void Fit_when_local_steps_and_waits_were_renamed() => Fits("note\tD\t1\napproval\tD\t1\nfile\tT\t1\t1\t1\t2\n", new TestSaga(saga =>
    {
        saga.Pivot("write it down").Do((t, _) => t).Formerly("note");
        saga.WaitFor<TripApproved>("consent").Formerly("approval");
        saga.Retriable("put it away").Do((t, _) => t).When(_ => true).Formerly("file");
    }).Plan(), steps => Assert.Equal([StepState.Done, StepState.Done, StepState.RetryWait], steps.Select(s => s.State)));

    [Fact]
    public void Fit_when_a_wait_holds_an_early_event_and_steps_before_it_are_not_reached() =>
        Fits("approval\tP\t0\t0\t0\t\t{}\n", WaitPlan("reserve seat", "book room"), steps => Assert.Equal("{}", steps[2].Held));

    [Fact]
    public void Come_back_as_they_were_written()
    {
        var plan = TripSagas.WithWait.Plan();
        var now = new DateTimeOffset(2030, 1, 1, 0, 0, 0, 123, TimeSpan.Zero);
        StepRecord[] steps =
        [
            new(StepState.Done, 3, 0, default, null, plan.Steps[0].Name),
            new(StepState.Waiting, 1, 0, now, now.AddDays(1), plan.Steps[1].Name),
            new(StepState.RetryWait, 2, 5, now, null, plan.Steps[2].Name),
            StepRecord.Initial,
        ];
        var text = StepCodec.Encode(plan, [.. steps]);
        Assert.Equal(steps, StepCodec.Decode(plan, text, out var difference));
        Assert.Null(difference);
    }

    [Fact]
    public void Keep_an_early_event_with_unicode_and_line_breaks()
    {
        var plan = TripSagas.WithWait.Plan();
        var json = System.Text.Json.JsonSerializer.Serialize(new TripApproved("Ann\n\t\u2028— ✓ 日本"), System.Text.Json.JsonSerializerOptions.Web);
        StepRecord[] steps = [StepRecord.Initial, StepRecord.Initial with { Held = json }, StepRecord.Initial, StepRecord.Initial];
        Assert.Equal(json, StepCodec.Decode(plan, StepCodec.Encode(plan, [.. steps]), out _)[1].Held);
    }

    private static void Fits(string text, SagaPlan plan, Action<IReadOnlyList<StepRecord>> check)
    {
        var steps = StepCodec.Decode(plan, text, out var difference);
        Assert.Null(difference);
        check(steps);
    }

    private static void Differs(string text, SagaPlan plan, string part)
    {
        StepCodec.Decode(plan, text, out var difference);
        Assert.Contains(part, difference, StringComparison.Ordinal);
    }

    private static SagaPlan Plan(params string[] steps) => new TestSaga(saga => Add(saga, steps)).Plan();

    private static SagaPlan WaitPlan(params string[] steps) => new TestSaga(saga =>
    {
        Add(saga, steps);
        saga.WaitFor<TripApproved>("approval");
    }).Plan();

    private static void Add(SagaBuilder<Trip> saga, string[] steps)
    {
        foreach (var step in steps)
        {
            var names = step.Split('|');
            var built = saga.Step(names[0]).Send(t => new ReserveSeat(t.Id)).NothingToUndo("test");
            foreach (var alias in names.Skip(1))
            {
                built.Formerly(alias);
            }
        }
    }
}
