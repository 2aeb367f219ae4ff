namespace Skald.Management.Tests;

public sealed record Order(string Id, decimal Total, bool CardIsGood = true, bool MailIsGood = true, string? Transaction = null, [Sensitive] string? Card = null);

[Command("cards.authorize", To = "cards")]
public sealed record AuthorizeCard(string Order, decimal Total, bool IsGood, Card? Card = null) : ICommand<CardAuthorized>;

public sealed record Card([property: Sensitive] string Number, string Holder);

public sealed record CardAuthorized(string Transaction);

[Command("cards.reverse", To = "cards")]
public sealed record ReverseCard(string Order) : ICommand<Done>;

[Command("mails.send", To = "mails")]
public sealed record SendMail(string Order, bool IsGood) : ICommand<Done>;

[Event("ORDER_CONFIRMED")]
public sealed record OrderConfirmed(string By) : IEvent;

/// <summary>Waits for a person, and is parked when its mail is refused.</summary>
public sealed class OrderSaga : Saga<Order>
{
    public override string Name => "create-order";

    protected override void Define(SagaBuilder<Order> saga)
    {
        saga.Key(order => order.Id);
        saga.Summary(order => $"<b>{order.Total}</b> for {order.Id}");
        saga.Step("write order").Do((order, _) => order).Undo((order, _) => order);
        saga.Step("authorize card").Send(o => new AuthorizeCard(o.Id, o.Total, o.CardIsGood, o.Card is null ? null : new Card(o.Card, "Ann"))).OnReply((o, r) => o with { Transaction = r.Transaction }).Undo(o => new ReverseCard(o.Id));
        saga.WaitFor<OrderConfirmed>("confirmation").Within(TimeSpan.FromDays(1));
        saga.Pivot("approve order").Do((order, _) => order);
        saga.Retriable("send mail").Send(o => new SendMail(o.Id, o.MailIsGood)).ParkIfRefused();
    }
}

public sealed class CardHandlers
{
    public Reply<CardAuthorized> Handle(AuthorizeCard command, MessageContext context) =>
        command.IsGood ? new CardAuthorized($"transaction of {command.Order}") : new Refusal("CardDeclined", "the card was declined");

    public Reply<Done> Handle(ReverseCard command, MessageContext context) => new Done();
}

public sealed class MailHandlers
{
    public Reply<Done> Handle(SendMail command, MessageContext context) => command.IsGood ? new Done() : new Refusal("NoSuchAddress", "nobody lives there");
}
