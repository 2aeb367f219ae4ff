using Skald;

namespace Travel.Payments;

/// <summary>Charges and refunds at the bank, outside the transaction.</summary>
public sealed class PaymentHandlers(PaymentProvider provider)
    : IHandleOutside<Charge, Charged, ProviderAnswer>, IHandleOutside<Refund, Done, ProviderAnswer>
{
    public Task<ProviderAnswer> CallAsync(Charge command, OutsideContext context, CancellationToken cancellationToken) =>
        provider.ChargeAsync(context.IdempotencyKey, command.Trip, command.Amount, cancellationToken);

    public Reply<Charged> Record(Charge command, ProviderAnswer outcome, MessageContext context) =>
        outcome is { Status: "charged", Receipt: { } receipt } ? new Charged(receipt) : new Refusal("CardDeclined", $"The bank says: {outcome.Status}.");

    public Task<ProviderAnswer> CallAsync(Refund command, OutsideContext context, CancellationToken cancellationToken) =>
        context.ActionKey is { } key ? provider.RefundAsync(key, cancellationToken) : Task.FromResult(new ProviderAnswer("nothing to refund"));

    public Reply<Done> Record(Refund command, ProviderAnswer outcome, MessageContext context) => Done.Instance;
}
