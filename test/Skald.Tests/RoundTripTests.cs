using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Skald.Messaging;
using Xunit;
using static Skald.Tests.LossyStates;
using static Skald.Tests.WholeStates;

namespace Skald.Tests;

public sealed class A_state_that_JSON_would_empty
{
    [Theory]
    [InlineData(typeof(PrivateSetter), "PrivateSetter.Seats")]
    [InlineData(typeof(PrivateGetter), "PrivateGetter.Seats")]
    [InlineData(typeof(GetOnly), "GetOnly.Seat")]
    [InlineData(typeof(GetOnlyList), "GetOnlyList.Seats")]
    [InlineData(typeof(ListOverAField), "ListOverAField.Seats")]
    [InlineData(typeof(PublicField), "PublicField.Seats")]
    [InlineData(typeof(PrivateField), "PrivateField._seats")]
    [InlineData(typeof(InternalProperty), "InternalProperty.Seats")]
    [InlineData(typeof(Derived), "Derived.Seats")]
    [InlineData(typeof(WithTuple), "WithTuple.Place (ValueTuple<Int32, Int32>)")]
    [InlineData(typeof(WithReadOnlyStruct), "Point.Row")]
    [InlineData(typeof(WithObject), "WithObject.Seat (Object)")]
    [InlineData(typeof(WithInterface), "WithInterface.Seat (ISeat)")]
    [InlineData(typeof(WithAbstract), "WithAbstract.Seat (Abstract)")]
    [InlineData(typeof(WithReadOnlySet), "WithReadOnlySet.Seats (IReadOnlySet<Int32>)")]
    [InlineData(typeof(WithFrozenSet), "WithFrozenSet.Seats (FrozenSet<Int32>)")]
    [InlineData(typeof(WithReadOnlyCollection), "WithReadOnlyCollection.Seats (ReadOnlyCollection<Int32>)")]
    [InlineData(typeof(WithStack), "WithStack.Seats (ImmutableStack<Int32>)")]
    [InlineData(typeof(WithUntypedList), "WithUntypedList.Seats (Object)")]
    [InlineData(typeof(WithCollectionThatHoldsMore), "Basket.Owner")]
    [InlineData(typeof(WithStructKey), "WithStructKey.Seats (IReadOnlyDictionary<Key, Int32>)")]
    [InlineData(typeof(WithDelegate), "WithDelegate.Seats (Func<Int32>)")]
    [InlineData(typeof(WithType), "WithType.Seats (Type)")]
    [InlineData(typeof(WithBigInteger), "WithBigInteger.Seats (BigInteger)")]
    [InlineData(typeof(WithMatrix), "WithMatrix.Seats (Int32[,])")]
    [InlineData(typeof(TwoConstructors), "TwoConstructors")]
    [InlineData(typeof(PrivateConstructor), "PrivateConstructor")]
    [InlineData(typeof(ParameterOfAnotherName), "ParameterOfAnotherName.count")]
    [InlineData(typeof(ParameterOfAnotherType), "ParameterOfAnotherType.seats")]
    [InlineData(typeof(IgnoredParameter), "IgnoredParameter.Seats")]
    [InlineData(typeof(IgnoredWhenRead), "IgnoredWhenRead.Seats")]
    [InlineData(typeof(LeftOutAtZero), "LeftOutAtZero.Seats")]
    [InlineData(typeof(LeftOutAtNull), "LeftOutAtNull.Seats")]
    [InlineData(typeof(OneCaseWithoutDiscriminator), "OneCaseWithoutDiscriminator.Seats (Case)")]
    [InlineData(typeof(CasesThatFallBack), "CasesThatFallBack.Seats (Falling)")]
    [InlineData(typeof(WithBase), "WithBase.Seats (Place)")]
    [InlineData(typeof(DeepInside), "Leg.Seats")]
    [InlineData(typeof(NamesThatCollide), "NamesThatCollide")]
    public void Is_refused_with_the_members_name(Type state, string member)
    {
        var problem = Assert.Single(Started.Problems(s => s.GetType().GetMethod(nameof(SkaldBuilder.AddSaga))!.MakeGenericMethod(typeof(Remembers<>).MakeGenericType(state)).Invoke(s, [])));
        Assert.StartsWith($"SKALD185: {member} would not come back", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Is_refused_with_all_its_members_at_once() =>
        Assert.Equal(3, Started.Problems(s => s.AddSaga<Remembers<ThreeTimes>>()).Count);

    internal sealed class ThreeTimes
    {
        public int First { get; private set; }

        public List<int> Second { get; } = [];

        public int Third = 1;
    }
}

public sealed class A_state_that_comes_back_from_JSON
{
    public static TheoryData<object> States =>
    [
        new Positional(3, "T1"),
        new Computed(2, 5),
        new InitAndRequired { Trip = "T1", Seats = 4, Column = 5 },
        new Included { Seats = 5 },
        new FullProperty { Seats = 6 },
        new BoundByTheConstructor("T1", [1, 2]),
        new ChosenConstructor(3, 4),
        new Filled { Seats = { 1, 2 } },
        new MayBeForgotten(3) { Note = "n" },
        new Values(
            new Money(1.10m, "EUR"), null, DateTimeOffset.UnixEpoch, new DateOnly(2030, 1, 2), TimeSpan.FromDays(1), Guid.Empty, new Uri("https://skald.example/"), DayOfWeek.Friday,
            0.1, [1, 2, 3], JsonSerializer.SerializeToElement(new { a = 1 }), JsonNode.Parse("""{"b":[1]}"""), new("k", 1), Tuple.Create(1, "x"), new SagaId(Guid.Empty)),
        new Collections(
            [1], [2], [3], new HashSet<int> { 4 }, new Dictionary<string, Money> { ["k"] = new(1, "EUR") }, new() { [Guid.Empty] = 5 },
            System.Collections.Immutable.ImmutableDictionary<DayOfWeek, int>.Empty.Add(DayOfWeek.Monday, 6), [[7], [8, 9]], [10], ["j"], new Queue<int>([1, 2, 3])),
        new WithCases(new Paid(5), [new Open("later"), new Paid(6), new VirtualCard("4", 100)]),
        new Tree("root", [new Tree("leaf", [], null)], new Tree("twin", [], null)),
        new WithConverters(Opaque.Of(9), DayOfWeek.Sunday),
    ];

    [Theory]
    [MemberData(nameof(States))]
    public void Is_accepted_and_does(object state)
    {
        Assert.Empty(Started.Problems(s => s.GetType().GetMethod(nameof(SkaldBuilder.AddSaga))!.MakeGenericMethod(typeof(Remembers<>).MakeGenericType(state.GetType())).Invoke(s, [])));
        var serializer = new MessageSerializer();
        var json = serializer.Write(state);
        Assert.Equal(json, serializer.Write(serializer.Read(json, state.GetType())));
    }

    [Fact]
    public void Is_accepted_with_a_context_that_was_generated() => Assert.Empty(Started.Problems(
        s => s.UseJson(GeneratedJson.Default).AddSaga<Remembers<Positional>>().AddSaga<Recalls<Generated>>()));

    [Fact]
    public void Is_not_accepted_with_one_that_does_not_write_all_of_it() => Assert.StartsWith(
        "SKALD185: PrivateSetter.Seats", Assert.Single(Started.Problems(s => s.UseJson(GeneratedJson.Default).AddSaga<Remembers<PrivateSetter>>())), StringComparison.Ordinal);

    [Fact]
    public async Task Keeps_its_case_when_it_is_one_of_several()
    {
        using var ground = new Ground(Backend.Memory);
        await using var host = await Host.StartAsync(ground, ("t.trips", s => s.AddSaga<PaysLater>()));
        var start = await host["t.trips"].StartAsync<PaysLater, Payment>(new Open("later"));
        await host["t.trips"].RaiseAsync(start.Id, new TripApproved("Ann"));
        var ended = await host["t.trips"].WaitAsync(start.Id);
        Assert.Equal(SagaStatus.Completed, ended.Status);
        Assert.Equal("paid", ended.State.GetProperty("$type").GetString());
    }

    [Fact]
    public async Task Is_refused_when_it_is_of_a_type_that_its_declaration_does_not_know()
    {
        using var ground = new Ground(Backend.Memory);
        await using var host = await Host.StartAsync(ground, ("t.trips", s => s.AddSaga<Remembers<Base>>()));
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => host["t.trips"].StartAsync<Remembers<Base>, Base>(new More("T1", 2)));
        Assert.StartsWith("SKALD186: More is written where Base is read", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task May_take_in_an_early_event_that_was_raised_as_an_interface()
    {
        using var ground = new Ground(Backend.Memory);
        await using var host = await Host.StartAsync(ground, ("t.trips", s => s.AddSaga<AsksFirst>()));
        var service = host["t.trips"];
        await using var seats = await Wire.StartAsync(service, "t.seats.commands");
        var start = await service.StartAsync<AsksFirst, Trip>(new Trip("T1"));
        var command = await seats.NextAsync();
        await service.RaiseAsync<IEvent>(start.Id, new TripApproved("Ann"));
        await seats.SendAsync(Wire.Answer(command.Envelope!), new SeatReserved("12A"));
        Assert.Equal("Ann", (await service.WaitAsync(start.Id)).State.GetProperty("approver").GetString());
    }

    public record Base(string Trip);

    public sealed record More(string Trip, int Seats) : Base(Trip);

    internal sealed class PaysLater : Saga<Payment>
    {
        protected override void Define(SagaBuilder<Payment> saga) => saga.WaitFor<TripApproved>("money").OnEvent((_, _) => new Paid(7));
    }

    public sealed class AsksFirst : Saga<Trip>
    {
        protected override void Define(SagaBuilder<Trip> saga)
        {
            saga.Step("ask").Send(t => new ReserveSeat(t.Id)).NothingToUndo("test");
            saga.WaitFor<TripApproved>("approval").OnEvent((t, e) => t with { Approver = e.By });
        }
    }
}

public sealed class A_message_that_JSON_would_empty
{
    public sealed class Lossy
    {
        public int Seats { get; private set; }
    }

    [Command("trips.lossy", To = "trips")]
    public sealed record LossyCommand(Lossy Body) : ICommand<Done>;

    [Command("trips.lossy-reply", To = "trips")]
    public sealed record AsksLossy(string Trip) : ICommand<Lossy>;

    [Event("LOSSY")]
    public sealed record LossyEvent(string Trip) : IEvent
    {
        public List<int> Seats { get; } = [];
    }

    internal sealed record LossyRefusal(string Type, string Message) : Refusal(Type, Message)
    {
        public int Row = 1;
    }

    [Fact]
    public void Is_refused_as_a_command_that_is_sent() => Finds("Lossy.Seats", s => s.AddSaga<Sends>());

    [Fact]
    public void Is_refused_as_a_command_that_undoes() => Finds("Lossy.Seats", s => s.AddSaga<Undoes>());

    [Fact]
    public void Is_refused_as_a_reply_to_a_command_that_is_sent() => Finds("Lossy.Seats", s => s.AddSaga<Asks>());

    [Fact]
    public void Is_refused_as_a_command_that_is_handled() => Finds("Lossy.Seats", s => s.AddHandlers<HandlesCommand>());

    [Fact]
    public void Is_refused_as_the_reply_of_a_handler() => Finds("Lossy.Seats", s => s.AddHandlers<HandlesReply>());

    [Fact]
    public void Is_refused_as_a_refusal_that_is_taken_in() => Finds("LossyRefusal.Row", s => s.AddSaga<TakesRefusal>());

    [Fact]
    public void Is_refused_as_an_event_that_is_handled() => Finds("LossyEvent.Seats", s => s.AddHandlers<HandlesEvent>());

    [Fact]
    public void Is_refused_as_an_event_that_is_published() => Finds("LossyEvent.Seats", s => s.Publishes<LossyEvent>());

    [Fact]
    public void Is_refused_as_an_event_that_is_waited_for() => Finds("LossyEvent.Seats", s => s.AddSaga<Waits>());

    [Fact]
    public void Is_refused_as_an_event_of_an_aggregate() => Finds("LossyEvent.Seats", s => s.AddAggregate<OfLossyEvents>());

    [Fact]
    public void Is_refused_as_the_state_of_an_aggregate_with_snapshots() => Finds("Lossy.Seats", s => s.AddAggregate<Snapshots>());

    [Fact]
    public void Is_accepted_as_the_state_of_an_aggregate_without() => Assert.Empty(Started.Problems(s => s.AddAggregate<NoSnapshots>()));

    [Fact]
    public async Task Is_not_sent_when_only_a_handler_knows_of_it()
    {
        using var ground = new Ground(Backend.Memory);
        await using var host = await Host.StartAsync(ground, ("t.trips", _ => { }));
        var refused = await Assert.ThrowsAsync<SagaDefinitionException>(() => host["t.trips"].ExecuteAsync(context =>
        {
            context.Send(new LossyCommand(new Lossy()));
            return ValueTask.FromResult(true);
        }));
        Assert.StartsWith("SKALD185: Lossy.Seats", Assert.Single(refused.Problems), StringComparison.Ordinal);
    }

    private static void Finds(string member, Action<SkaldBuilder> configure) =>
        Assert.StartsWith($"SKALD185: {member} would not come back", Assert.Single(Started.Problems(configure), p => p.StartsWith("SKALD185", StringComparison.Ordinal)), StringComparison.Ordinal);

    public sealed class Sends : Saga<Trip>
    {
        protected override void Define(SagaBuilder<Trip> saga) => saga.Step("a").Send(_ => new LossyCommand(new Lossy())).NothingToUndo("test");
    }

    public sealed class Undoes : Saga<Trip>
    {
        protected override void Define(SagaBuilder<Trip> saga) => saga.Step("a").Send(t => new ReserveSeat(t.Id)).Undo(_ => new LossyCommand(new Lossy()));
    }

    public sealed class Asks : Saga<Trip>
    {
        protected override void Define(SagaBuilder<Trip> saga) => saga.Step("a").Send(t => new AsksLossy(t.Id)).NothingToUndo("test");
    }

    internal sealed class TakesRefusal : Saga<Trip>
    {
        protected override void Define(SagaBuilder<Trip> saga) =>
            saga.Step("a").Send(t => new ReserveSeat(t.Id)).NothingToUndo("test").OnRefusal<LossyRefusal>((t, r) => t with { Note = r.Message });
    }

    public sealed class Waits : Saga<Trip>
    {
        protected override void Define(SagaBuilder<Trip> saga) => saga.WaitFor<LossyEvent>("a");
    }

    public sealed class HandlesCommand
    {
        public Reply<Done> Handle(LossyCommand command, MessageContext context) => Done.Instance;
    }

    public sealed class HandlesReply
    {
        public Reply<Lossy> Handle(AsksLossy command, MessageContext context) => new Lossy();
    }

    public sealed class HandlesEvent
    {
        public void Handle(LossyEvent @event, MessageContext context) => _ = @event.Trip;
    }

    public sealed class OfLossyEvents : Aggregate<Trip>
    {
        protected override void Define(AggregateBuilder<Trip> aggregate) => aggregate.Begins<LossyEvent>(e => new Trip(e.Trip));
    }

    public sealed class Snapshots : Aggregate<Lossy>
    {
        protected override void Define(AggregateBuilder<Lossy> aggregate) => aggregate.Begins<TripApproved>(_ => new Lossy()).SnapshotEvery(10);
    }

    public sealed class NoSnapshots : Aggregate<Lossy>
    {
        protected override void Define(AggregateBuilder<Lossy> aggregate) => aggregate.Begins<TripApproved>(_ => new Lossy());
    }
}

/// <summary>A saga with a state of any type.</summary>
public sealed class Remembers<TState> : Saga<TState> where TState : class
{
    public override string Name => "remembers";

    protected override void Define(SagaBuilder<TState> saga) => saga.Step("a").Do((state, _) => state).NothingToUndo("test");
}

/// <summary>The same under another name.</summary>
public sealed class Recalls<TState> : Saga<TState> where TState : class
{
    public override string Name => "recalls";

    protected override void Define(SagaBuilder<TState> saga) => saga.Step("a").Do((state, _) => state).NothingToUndo("test");
}

/// <summary>What a service is refused for at its start.</summary>
internal static class Started
{
    public static IReadOnlyList<string> Problems(Action<SkaldBuilder> configure, params (string Name, Action<SkaldBuilder> Configure)[] more)
    {
        var services = new ServiceCollection().AddSkald("t.trips", configure);
        foreach (var (name, other) in more)
        {
            services.AddSkald(name, other);
        }

        var provider = services.BuildServiceProvider();
        try
        {
            _ = provider.GetRequiredService<SkaldServices>().All.Count();
            return [];
        }
        catch (SagaDefinitionException exception)
        {
            return exception.Problems;
        }
    }
}
