using Skald;
using Travel.Cars;
using Travel.Flights;
using Travel.Hotel;
using Travel.Payments;

namespace Travel.Trips;

/// <summary>Reserve seat, room and car; have somebody approve it; charge it; then, with no way back, issue the ticket and confirm.</summary>
public sealed class BookTripSaga(ApprovalTime approval, Confirmations confirmations) : Saga<Trip>
{
    protected override void Define(SagaBuilder<Trip> saga)
    {
        saga.Key(t => t.Number, KeyUse.Once);
        saga.Summary(t => $"trip {t.Number} of {t.Traveller}");

        saga.Parallel(all =>
        {
            all.Step("reserve a seat").Send(t => new ReserveSeat(t.Number, t.Flight)).Undo(t => new ReleaseSeat(t.Number));
            all.Step("reserve a room").Send(t => new ReserveRoom(t.Number, t.Room)).Undo(t => new ReleaseRoom(t.Number));
            all.Step("reserve a car").Send(t => new ReserveCar(t.Number, t.Car)).Undo(t => new ReleaseCar(t.Number));
        });

        saga.WaitFor<TripApproved>("approval")
            .OnEvent((t, e) => t with { ApprovedBy = e.By })
            .Or<TripTurnedDown>(e => new Refusal("TurnedDown", $"{e.By} has turned it down."))
            .Within(approval.Within);

        // Longer than a call of the bank may take, and its repeat.
        saga.Pivot("charge the trip").Send(t => new Charge(t.Number, t.Price))
            .OnReply((t, charged) => t with { Receipt = charged.Receipt })
            .Undo(t => new Refund(t.Number))
            .Within(TimeSpan.FromSeconds(90));

        saga.Retriable("issue the ticket").Send(t => new IssueTicket(t.Number, t.Traveller))
            .OnReply((t, issued) => t with { Ticket = issued.Ticket })
            .ParkIfRefused();

        saga.Retriable("confirm").Do(confirmations.WriteAsync);
    }
}
