using Skald;

namespace Skald_Saga;

/// <summary>What the saga knows of its order.</summary>
public sealed record OrderState(string Product, int Quantity, decimal Price, string Customer)
{
    public string? Receipt { get; init; }
}

/// <summary>Reserve the stock; charge the card; then, with no way back, ship the parcel.</summary>
public sealed class PlaceOrderSaga : Saga<OrderState>
{
    protected override void Define(SagaBuilder<OrderState> saga)
    {
        saga.Summary(o => $"{o.Quantity} {o.Product} for {o.Customer}");

        saga.Step("reserve the stock").Send(o => new ReserveStock(o.Product, o.Quantity))
            .Undo(o => new ReleaseStock(o.Product, o.Quantity))
            .Within(TimeSpan.FromSeconds(30));

        saga.Pivot("charge the card").Send(o => new ChargeCard(o.Customer, o.Price))
            .OnReply((o, charged) => o with { Receipt = charged.Receipt });

        saga.Retriable("ship the parcel").Send(o => new ShipParcel(o.Product, o.Quantity))
            .ParkIfRefused();
    }
}
