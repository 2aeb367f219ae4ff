using Microsoft.Extensions.DependencyInjection;
using Skald.Testing;
using Xunit;

// docs/guides/testing-a-saga.md
namespace Skald.Guides.Testing;

public sealed record BookTrip(string Id, string Customer)
{
    public Guid? Seat { get; init; }
}

[Command("seats.reserve", To = "seats")]
public sealed record ReserveSeat(string Trip) : ICommand<SeatReserved>;

public sealed record SeatReserved(Guid Seat);

[Command("seats.release", To = "seats")]
public sealed record ReleaseSeat(string Trip) : ICommand<Done>;

[Command("seats.release-by-number", To = "seats")]
public sealed record ReleaseSeatByNumber(Guid Seat) : ICommand<Done>;

[Event("TRIP_APPROVED")]
public sealed record TripApproved(string By) : IEvent;

[Command("cards.charge", To = "cards")]
public sealed record ChargeCard(string Customer) : ICommand<Done>;

public sealed class BookTripSaga : Saga<BookTrip>
{
    protected override void Define(SagaBuilder<BookTrip> saga)
    {
        saga.Step("reserve seat").Send(t => new ReserveSeat(t.Id)).OnReply((t, r) => t with { Seat = r.Seat }).Undo(t => new ReleaseSeat(t.Id));
        saga.WaitFor<TripApproved>("approval").Within(TimeSpan.FromDays(3));
        saga.Pivot("charge card").Send(t => new ChargeCard(t.Customer)).NothingToUndo("the bank drops what is not captured");
    }
}

/// <summary>Its undo needs the reply of its action, which one in doubt has not brought.</summary>
public sealed class CarelessSaga : Saga<BookTrip>
{
    protected override void Define(SagaBuilder<BookTrip> saga)
    {
        saga.Step("reserve seat").Send(t => new ReserveSeat(t.Id)).OnReply((t, r) => t with { Seat = r.Seat }).Undo(t => new ReleaseSeatByNumber(t.Seat!.Value)); // The mistake.
        saga.Pivot("charge card").Send(t => new ChargeCard(t.Customer)).NothingToUndo("the bank drops what is not captured");
    }
}

/// <summary>The same without its seat, whose code was simply taken away.</summary>
public sealed class BookTripSagaShortened : Saga<BookTrip>
{
    public override string Name => "book-trip";

    protected override void Define(SagaBuilder<BookTrip> saga)
    {
        saga.WaitFor<TripApproved>("approval").Within(TimeSpan.FromDays(3));
        saga.Pivot("charge card").Send(t => new ChargeCard(t.Customer)).NothingToUndo("the bank drops what is not captured");
    }
}

public sealed class SeatHandlers
{
    public Reply<SeatReserved> Handle(ReserveSeat command, MessageContext context) => new SeatReserved(context.MessageId);

    public Reply<Done> Handle(ReleaseSeat command, MessageContext context) => Done.Instance;
}

public sealed class CardHandlers
{
    public Reply<Done> Handle(ChargeCard command, MessageContext context) => Done.Instance;
}

public sealed class A_trip(ITestOutputHelper output)
{
    private static readonly BookTrip Trip = new("T1", "Ann");
    private static readonly SeatReserved Seat = new(new Guid(1, 0, 0, new byte[8]));

    [Fact]
    public void That_is_refused_at_the_bank_gives_its_seat_back() =>
        SagaSpec.Given(new BookTripSaga(), Trip)
            .Sends(new ReserveSeat("T1")).Replies(Seat)
            .Raises(new TripApproved("Ben")).Answered(EventOutcome.Accepted)
            .Sends(new ChargeCard("Ann")).Refuses("CardDeclined")
            .Sends(new ReleaseSeat("T1")).IsNow(SagaStatus.Compensating)
            .Acknowledges().IsNow(SagaStatus.Compensated).SendsNothing();

    [Fact]
    public void That_nobody_approves_gives_its_seat_back() =>
        SagaSpec.Given(new BookTripSaga(), Trip)
            .Sends(new ReserveSeat("T1")).Replies(Seat)
            .After(TimeSpan.FromDays(3)).FailedAt("approval", "Timeout").Sends(new ReleaseSeat("T1"));

    [Fact]
    public void Ends_well_in_every_story()
    {
        var report = SagaVerifier.For(new BookTripSaga().Plan())
            .StartedWith(Trip).WithSample(Seat).WithSample(new TripApproved("Ben"))
            .Faults(f => f with { Cancels = 1 })
            .Verify().ShouldHold();
        output.WriteLine(report.ToString());
        Assert.Contains(SagaStatus.Completed, report.Ends.Keys);
    }

    [Fact]
    public void Is_not_parked_by_a_deadline_and_a_refusal_alone()
    {
        Assert.DoesNotContain(SagaStatus.Parked, Ends(new BookTripSaga()));
        Assert.Contains(SagaStatus.Parked, Ends(new CarelessSaga()));

        static IEnumerable<SagaStatus> Ends(Saga<BookTrip> saga) => SagaVerifier.For(saga.Plan())
            .StartedWith(Trip).WithSample(Seat).WithSample(new TripApproved("Ben"))
            .Faults(f => Faults.None with { Timeouts = 1, Refusals = 1, Duplicates = 1 })
            .Verify().ShouldHold().Ends.Keys;
    }

    [Fact]
    public void Whose_step_was_taken_away_has_a_story()
    {
        var report = SagaVerifier.For(new BookTripSaga().Plan()).Beside(new BookTripSagaShortened().Plan()).StartedWith(Trip).Verify();
        output.WriteLine(report.ToString());
        Assert.Throws<SkaldAssertionException>(() => report.ShouldHold());
        Assert.Contains("has taken step 'reserve seat', which the running definition of 'book-trip' does not have", Assert.Single(report.Violations).Promise, StringComparison.Ordinal);
        Assert.Equal(
            ["the saga is started -> Running", "the command of 'reserve seat' is given up by its participant in the other process"], report.Violations[0].Story);
    }

    [Fact]
    public async Task Is_booked_by_services_in_memory()
    {
        var time = new FakeTime();
        await using var provider = new ServiceCollection()
            .AddSingleton<TimeProvider>(time)
            .AddSkald("trips.booking", s => s.AddSaga<BookTripSaga>())
            .AddSkald("trips.seats", s => s.AddHandlers<SeatHandlers>())
            .AddSkald("trips.cards", s => s.AddHandlers<CardHandlers>())
            .BuildServiceProvider();
        var services = provider.GetRequiredService<SkaldServices>();
        await services.ServeAsync(CancellationToken.None);

        var booking = services["trips.booking"];
        var start = await booking.StartAsync<BookTripSaga, BookTrip>(Trip);
        await booking.RaiseAsync(start.Id, new TripApproved("Ben"));
        var end = await booking.WaitAsync(start.Id);

        Assert.Equal(SagaStatus.Completed, end.Status);
        await services.StopAsync();
    }

    [Fact]
    public async Task Turns_back_when_its_time_is_over()
    {
        await using var services = await Services.StartAsync(
            ("trips.booking", s => s.AddSaga<BookTripSaga>()), ("trips.seats", s => s.AddHandlers<SeatHandlers>()), ("trips.cards", s => s.AddHandlers<CardHandlers>()));
        var (booking, time) = (services["trips.booking"], services.Time);
        var start = await booking.StartAsync<BookTripSaga, BookTrip>(Trip);
        await Eventually.HoldsAsync("the seat is reserved", async () => (await booking.FindSagaAsync(start.Id))!.Step == "approval");

        await Eventually.HoldsAsync(
            "the trip has turned back", async () => (await booking.FindSagaAsync(start.Id))!.Status == SagaStatus.Compensated,
            time, TimeSpan.FromHours(1));
        Assert.Equal("approval", (await booking.FindSagaAsync(start.Id))!.FailedStep);
    }
}

/// <summary>How an adapter hosts a suite; here that of the store which Skald brings.</summary>
public sealed class My_transport_keeps_the_contract
{
    public static TheoryData<string> Cases => [.. TransportContract.Cases.Select(c => c.Name)];

    [Theory, MemberData(nameof(Cases))]
    public Task It_holds_that(string name)
    {
        var transport = new Messaging.InMemoryTransport();
        return TransportContract.RunAsync(name, () => Task.FromResult<Messaging.ITransport>(transport));
    }
}
