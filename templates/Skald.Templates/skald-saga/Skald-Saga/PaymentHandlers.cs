using Dapper;
using Skald;

namespace Skald_Saga;

/// <summary>Charges cards. A real provider is called by an <see cref="IHandleOutside{TCommand, TReply, TOutcome}"/>, outside the transaction.</summary>
public sealed class PaymentHandlers
{
    public const string Charges = "CREATE TABLE IF NOT EXISTS charges (receipt TEXT PRIMARY KEY, customer TEXT NOT NULL, amount TEXT NOT NULL)";

    private const decimal Limit = 1000;

    public Reply<CardCharged> Handle(ChargeCard command, MessageContext context)
    {
        if (command.Amount > Limit)
        {
            return new Refusal("CardDeclined", $"The card of {command.Customer} is declined.");
        }

        var receipt = context.MessageId.ToString();
        context.Connection.Execute(
            "INSERT INTO charges (receipt, customer, amount) VALUES (@receipt, @Customer, @Amount)",
            new { receipt, command.Customer, command.Amount },
            context.Transaction);
        return new CardCharged(receipt);
    }
}
