using Xunit;

namespace Skald.Tests;

public sealed class A_wire_name_means_one_type
{
    [Fact]
    public void So_it_is_not_inherited_by_two_events_that_are_published() =>
        Finds("SKALD181: message PaidByCard has no wire name of its own: 'PAID_ABSTRACTLY'", s => s.Publishes<PaidByCard>().Publishes<PaidInCash>());

    [Fact]
    public void So_it_is_not_inherited_by_an_event_that_is_handled() => Finds("SKALD181: message PaidByCard", s => s.AddHandlers<HandlesInherited>());

    [Fact]
    public void So_it_is_not_inherited_by_a_command() => Finds("SKALD181: message PayFast", s => s.AddSaga<SendsInherited>());

    [Theory]
    [InlineData(typeof(AbstractlyPaid), "abstract")]
    [InlineData(typeof(IPaid), "an interface")]
    public void So_it_belongs_to_no_type_that_cannot_be_made(Type message, string what) => Finds(
        $"SKALD180: message {message.Name} is {what}", s => s.GetType().GetMethod(nameof(SkaldBuilder.Publishes))!.MakeGenericMethod(message).Invoke(s, []));

    [Fact]
    public void So_it_belongs_to_no_open_generic() => Finds("SKALD180: message TEvent is an open generic type", s => s.AddHandlers<HandlesAnything>());

    [Fact]
    public void So_a_generic_event_has_one_only() => Finds("SKALD123: in service 't.trips' the wire name 'CHANGED'", s => s.Publishes<Changed<int>>().Publishes<Changed<string>>());

    [Fact]
    public void So_no_two_published_events_share_it() => Finds("SKALD123", s => s.Publishes<Twin>().Publishes<OtherTwin>());

    [Fact]
    public void So_a_published_and_a_handled_event_do_not_share_it() => Finds("SKALD123", s => s.Publishes<Twin>().AddHandlers<HandlesOtherTwin>());

    [Fact]
    public void So_a_published_and_an_awaited_event_do_not_share_it() => Finds("SKALD123", s => s.Publishes<Twin>().AddSaga<WaitsForOtherTwin>());

    [Fact]
    public void So_two_sagas_do_not_wait_for_two_events_of_it() => Finds("SKALD123", s => s.AddSaga<WaitsForOtherTwin>().AddSaga<WaitsForTwin>());

    [Fact]
    public void So_a_stored_and_a_published_event_do_not_share_it() => Finds("SKALD123", s => s.AddAggregate<StoresTwin>().Publishes<OtherTwin>());

    [Fact]
    public void So_the_old_name_of_a_stored_event_is_no_other_events() => Finds("SKALD123", s => s.AddAggregate<StoredUnderAnotherName>().Publishes<Twin>());

    [Fact]
    public void So_two_aggregates_do_not_store_two_events_of_it() => Finds("SKALD123", s => s.AddAggregate<StoresTwin>().AddAggregate<StoresOtherTwin>());

    [Fact]
    public void So_a_flow_does_not_speak_of_two_events_of_it() => Finds("SKALD123", s => s.AddFlow<OfTwins>());

    [Fact]
    public void So_a_command_and_an_event_do_not_share_it() => Finds("SKALD123", s => s.AddSaga<SendsTwin>().Publishes<Twin>());

    [Fact]
    public void So_two_commands_do_not_share_it() => Finds("SKALD123", s => s.AddSaga<SendsTwin>().AddSaga<SendsOtherTwin>());

    [Fact]
    public void So_a_reply_has_no_other_messages_name() => Finds("SKALD123", s => s.AddSaga<AsksForTwin>().Publishes<Twin>());

    [Fact]
    public void So_a_reply_and_its_refusal_do_not_share_it() => Finds("SKALD123", s => s.AddSaga<AsksForEither>());

    [Fact]
    public void So_a_refusal_is_read_as_one_type() => Finds("SKALD123", s => s.AddSaga<TwoRefusals>());

    [Fact]
    public void So_a_command_that_only_a_handler_sends_cannot_take_it()
    {
        var model = Model(s => s.Publishes<Twin>());
        Assert.StartsWith("SKALD123", Assert.Single(Assert.Throws<SagaDefinitionException>(() => model.RouteOf(typeof(TwinCommand))).Problems), StringComparison.Ordinal);
    }

    [Fact]
    public void So_a_message_is_a_command_or_an_event()
    {
        Finds("SKALD182: message CommandAndEvent is both", s => s.Publishes<CommandAndEvent>());
        Finds("SKALD182: message NamedTwice has both", s => s.Publishes<NamedTwice>());
        Finds("SKALD182: message EventNamedAsCommand is an IEvent", s => s.Publishes<EventNamedAsCommand>());
        Finds("SKALD182: message CommandNamedAsEvent is an ICommand", s => s.AddSaga<SendsMisnamed>());
        Finds("SKALD189: command WithTwoReplies", s => s.AddSaga<SendsWithTwoReplies>());
    }

    [Fact]
    public void In_as_many_roles_as_it_likes() => Assert.Empty(Started.Problems(
        s => s.AddAggregate<StoresTwin>().Publishes<Twin>().AddHandlers<HandlesTwin>().AddSaga<WaitsForTwin>()));

    [Fact]
    public void With_replies_that_several_commands_share() => Assert.Empty(Started.Problems(s => s.AddSaga<SharesReplies>()));

    [Fact]
    public void And_refusals_that_are_read_in_detail_or_not() => Assert.Empty(Started.Problems(s => s.AddSaga<OneRefusal>()));

    [Fact]
    public void Within_a_service_for_another_has_its_own_types() => Assert.Empty(Started.Problems(
        s => s.AddSaga<AsksSeats>().AddHandlers<HandlesTwin>(),
        ("t.seats", s => s.AddHandlers<OwnSeats>().Publishes<TolerantTwin>())));

    [Fact]
    public void But_the_other_must_not_need_what_is_not_written()
    {
        var problem = Assert.Single(Started.Problems(s => s.AddHandlers<HandlesTwin>(), ("t.bank", s => s.Publishes<OtherTwin>())));
        Assert.StartsWith("SKALD184: service 't.trips' reads 'TWIN' as Twin, which cannot do without 'amount'; service 't.bank' writes it as OtherTwin", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void But_the_other_must_not_need_what_is_not_answered() => Assert.StartsWith(
        "SKALD184: service 't.trips' reads 'seats.reserve.response.success' as SeatReserved, which cannot do without 'seat'",
        Assert.Single(Started.Problems(s => s.AddSaga<AsksSeats>(), ("t.seats", s => s.AddHandlers<OtherSeats>()))), StringComparison.Ordinal);

    private static void Finds(string problem, Action<SkaldBuilder> configure) =>
        Assert.Contains(Started.Problems(configure), p => p.StartsWith(problem, StringComparison.Ordinal));

    private static Runtime.EngineModel Model(Action<SkaldBuilder> configure)
    {
        var services = new Microsoft.Extensions.DependencyInjection.ServiceCollection().AddSkald("t.trips", configure);
        var provider = Microsoft.Extensions.DependencyInjection.ServiceCollectionContainerBuilderExtensions.BuildServiceProvider(services);
        return new SkaldServices(provider)["t.trips"].Engine.Model;
    }

    [Event("PAID_ABSTRACTLY")]
    public abstract record AbstractlyPaid : IEvent;

    public sealed record PaidByCard(string Card) : AbstractlyPaid;

    public sealed record PaidInCash(decimal Amount) : AbstractlyPaid;

    public interface IPaid : IEvent;

    [Command("bank.pay", To = "bank")]
    public record Pay(string Trip) : ICommand<Done>;

    public sealed record PayFast(string Trip) : Pay(Trip);

    [Event("CHANGED")]
    public sealed record Changed<T>(T Value) : IEvent;

    [Event("TWIN")]
    public sealed record Twin(decimal Amount) : IEvent;

    [Event("TWIN")]
    public sealed record OtherTwin(int Cents) : IEvent;

    [Event("TWIN")]
    public sealed record TolerantTwin(decimal Amount, string Currency) : IEvent;

    [Command("TWIN", To = "bank")]
    public sealed record TwinCommand(decimal Amount) : ICommand<Done>;

    [Command("TWIN", To = "bank")]
    public sealed record OtherTwinCommand(int Cents) : ICommand<Done>;

    [Command("bank.ask", To = "bank", Reply = "TWIN")]
    public sealed record AskForTwin : ICommand<Done>;

    [Command("bank.either", To = "bank", Reply = "EITHER", Refusal = "EITHER")]
    public sealed record AskForEither : ICommand<Done>;

    [Command("bank.first", To = "bank", Reply = "DONE", Refusal = "REFUSED")]
    public sealed record First : ICommand<Done>;

    [Command("bank.second", To = "bank", Reply = "DONE", Refusal = "REFUSED")]
    public sealed record Second : ICommand<Done>;

    [Event("BOTH")]
    public sealed record CommandAndEvent : ICommand<Done>, IEvent;

    [Event("TWICE")]
    [Command("TWICE", To = "bank")]
    public sealed record NamedTwice : IEvent;

    [Command("AS_COMMAND", To = "bank")]
    public sealed record EventNamedAsCommand : IEvent;

    [Event("AS_EVENT")]
    public sealed record CommandNamedAsEvent : ICommand<Done>;

    [Command("bank.two-replies", To = "bank")]
    public sealed record WithTwoReplies : ICommand<Done>, ICommand<SeatReserved>;

    public sealed record CardExpired(string Type, string Message, DateOnly At) : Refusal(Type, Message);

    [Command("seats.reserve", To = "seats")]
    public sealed record OwnReserveSeat(string Trip, string? Wish = null, int Row = 3) : ICommand<OwnSeatReserved>;

    public sealed record OwnSeatReserved(string Seat, int Row);

    [Command("seats.reserve", To = "seats")]
    public sealed record OtherReserveSeat(string Trip) : ICommand<OtherSeatReserved>;

    public sealed record OtherSeatReserved(int Row);

    public sealed class HandlesInherited
    {
        public void Handle(PaidByCard @event, MessageContext context) => _ = @event.Card;
    }

    public sealed class HandlesAnything
    {
        public void Handle<TEvent>(TEvent @event, MessageContext context) where TEvent : class, IEvent => _ = @event;
    }

    public sealed class HandlesTwin
    {
        public void Handle(Twin @event, MessageContext context) => _ = @event.Amount;
    }

    public sealed class HandlesOtherTwin
    {
        public void Handle(OtherTwin @event, MessageContext context) => _ = @event.Cents;
    }

    public sealed class OwnSeats
    {
        public Reply<OwnSeatReserved> Handle(OwnReserveSeat command, MessageContext context) => new OwnSeatReserved(command.Trip, command.Row);
    }

    public sealed class OtherSeats
    {
        public Reply<OtherSeatReserved> Handle(OtherReserveSeat command, MessageContext context) => new OtherSeatReserved(1);
    }

    public sealed class SendsInherited() : Sending(saga => saga.Step("a").Send(t => new PayFast(t.Id)).NothingToUndo("test"));

    public sealed class SendsTwin() : Sending(saga => saga.Step("a").Send(_ => new TwinCommand(1)).NothingToUndo("test"));

    public sealed class SendsOtherTwin() : Sending(saga => saga.Step("a").Send(_ => new OtherTwinCommand(1)).NothingToUndo("test"));

    public sealed class SendsMisnamed() : Sending(saga => saga.Step("a").Send(_ => new CommandNamedAsEvent()).NothingToUndo("test"));

    public sealed class SendsWithTwoReplies() : Sending(saga => saga.Step("a").Send(_ => new WithTwoReplies()).NothingToUndo("test"));

    public sealed class AsksForTwin() : Sending(saga => saga.Step("a").Send(_ => new AskForTwin()).NothingToUndo("test"));

    public sealed class AsksForEither() : Sending(saga => saga.Step("a").Send(_ => new AskForEither()).NothingToUndo("test"));

    public sealed class AsksSeats() : Sending(saga => saga.Step("a").Send(t => new ReserveSeat(t.Id)).NothingToUndo("test"));

    public sealed class WaitsForTwin() : Sending(saga => saga.WaitFor<Twin>("a"));

    public sealed class WaitsForOtherTwin() : Sending(saga => saga.WaitFor<OtherTwin>("a"));

    public sealed class SharesReplies() : Sending(saga =>
    {
        saga.Step("a").Send(_ => new First()).NothingToUndo("test");
        saga.Step("b").Send(_ => new Second()).NothingToUndo("test");
    });

    public sealed class OneRefusal() : Sending(saga =>
    {
        saga.Step("a").Send(_ => new First()).NothingToUndo("test");
        saga.Step("b").Send(_ => new Second()).NothingToUndo("test").OnRefusal<CardDeclined>((t, r) => t with { Note = r.Bank });
        saga.Step("c").Send(_ => new First()).NothingToUndo("test");
    });

    public sealed class TwoRefusals() : Sending(saga =>
    {
        saga.Step("a").Send(_ => new First()).NothingToUndo("test").OnRefusal<CardExpired>((t, r) => t with { Note = r.Type });
        saga.Step("b").Send(_ => new Second()).NothingToUndo("test").OnRefusal<CardDeclined>((t, r) => t with { Note = r.Bank });
    });

    public abstract class Sending(Action<SagaBuilder<Trip>> define) : Saga<Trip>
    {
        protected override void Define(SagaBuilder<Trip> saga) => define(saga);
    }

    public sealed class StoresTwin : Aggregate<Trip>
    {
        protected override void Define(AggregateBuilder<Trip> aggregate) => aggregate.Begins<Twin>(_ => new Trip("T1"));
    }

    public sealed class StoresOtherTwin : Aggregate<Positioned>
    {
        protected override void Define(AggregateBuilder<Positioned> aggregate) => aggregate.Begins<OtherTwin>(e => new Positioned(e.Cents));
    }

    public sealed class StoredUnderAnotherName : Aggregate<Trip>
    {
        protected override void Define(AggregateBuilder<Trip> aggregate) => aggregate.Begins<TripApproved>(_ => new Trip("T1")).Renamed<TripApproved>("TWIN");
    }

    public sealed record Positioned(int Place);

    public sealed class OfTwins : Flow
    {
        protected override void Define(FlowBuilder flow)
        {
            flow.StartsWith<TripApproved>(by: "trips").NothingToUndo("test");
            flow.CompletesWith<Twin>(by: "bank");
            flow.After<TripApproved>().Expect<OtherTwin>();
        }
    }
}

public sealed class A_name_has_at_most_200_characters
{
    private static readonly string Long = new('a', 201);

    [Fact]
    public void When_it_is_a_steps() => Finds("SKALD183: in saga 'trip' the step name", new TestSaga(saga => saga.Step(Long).Send(t => new ReserveSeat(t.Id)).NothingToUndo("test")));

    [Fact]
    public void Or_fewer_beyond_ASCII() => Finds("SKALD183", new TestSaga(saga => saga.Step(new string('日', 67)).Send(t => new ReserveSeat(t.Id)).NothingToUndo("test")));

    [Fact]
    public void And_not_one_less() => Assert.NotNull(new TestSaga(saga => saga.Step(new string('日', 66) + "ab").Send(t => new ReserveSeat(t.Id)).NothingToUndo("test")).Plan());

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("a\tb")]
    public void And_one_at_least_on_one_line(string name) => Finds("SKALD183: the saga name", new TestSaga(saga => saga.Step("a").Send(t => new ReserveSeat(t.Id)).NothingToUndo("test"), name));

    [Fact]
    public void When_it_is_a_sagas() => Finds("SKALD183: the saga name", new TestSaga(saga => saga.Step("a").Send(t => new ReserveSeat(t.Id)).NothingToUndo("test"), Long));

    [Fact]
    public void When_it_is_a_flows() =>
        Assert.Contains(Assert.Throws<SagaDefinitionException>(() => new LongFlow().Plan()).Problems, p => p.StartsWith("SKALD183: the flow name", StringComparison.Ordinal));

    [Theory]
    [InlineData(typeof(LongName), "the wire name of LongName,")]
    [InlineData(typeof(Nameless), "the wire name of Nameless,")]
    [InlineData(typeof(LongTopic), "the topic of LongTopic,")]
    public void When_it_is_a_messages_or_a_topics(Type message, string what) => Assert.Contains(
        Started.Problems(s => s.GetType().GetMethod(nameof(SkaldBuilder.Publishes))!.MakeGenericMethod(message).Invoke(s, [])),
        p => p.StartsWith($"SKALD183: {what}", StringComparison.Ordinal));

    [Fact]
    public void With_the_systems_name_in_front_of_a_topic() =>
        Assert.StartsWith("SKALD183: the topic 't.", Assert.Single(Started.Problems(s => s.Publishes<AlmostTooLong>())), StringComparison.Ordinal);

    [Fact]
    public void When_it_is_a_replys() => Assert.Equal(2, Started.Problems(s => s.AddSaga<AsksForLongReply>()).Count(p => p.StartsWith("SKALD183", StringComparison.Ordinal)));

    [Fact]
    public void And_half_of_that_when_it_is_a_services() =>
        Assert.Throws<ArgumentException>(() => new Microsoft.Extensions.DependencyInjection.ServiceCollection().AddSkald(new string('a', 101), _ => { }));

    private static void Finds(string problem, TestSaga saga) =>
        Assert.StartsWith(problem, Assert.Single(Assert.Throws<SagaDefinitionException>(() => saga.Plan()).Problems), StringComparison.Ordinal);

    private const string Forty = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    [Event(Forty + Forty + Forty + Forty + Forty + "a")]
    public sealed record LongName : IEvent;

    [Event("")]
    public sealed record Nameless : IEvent;

    [Event("SHORT", Topic = Forty + Forty + Forty + Forty + Forty + "a")]
    public sealed record LongTopic : IEvent;

    [Event("ALMOST", Topic = Forty + Forty + Forty + Forty + Forty)]
    public sealed record AlmostTooLong : IEvent;

    [Command("long.reply", To = "long", Reply = Forty + Forty + Forty + Forty + Forty + "a", Refusal = "a\tb")]
    public sealed record AskForLongReply : ICommand<Done>;

    public sealed class AsksForLongReply : Saga<Trip>
    {
        protected override void Define(SagaBuilder<Trip> saga) => saga.Step("a").Send(_ => new AskForLongReply()).NothingToUndo("test");
    }

    public sealed class LongFlow : Flow
    {
        public override string Name => Long;

        protected override void Define(FlowBuilder flow)
        {
            flow.StartsWith<TripApproved>(by: "trips").NothingToUndo("test");
            flow.CompletesWith<AccountOpened>(by: "bank");
            flow.After<TripApproved>().Expect<AccountOpened>();
        }
    }
}
