using Dapper;
using Skald;

namespace Lending;

/// <summary>Knows who has left a deposit: one at a time.</summary>
public sealed class TillHandlers
{
    internal const string Deposits = "CREATE TABLE IF NOT EXISTS deposits (reader TEXT PRIMARY KEY, cents BIGINT NOT NULL)";

    /// <summary>Takes it, unless the reader has a book already.</summary>
    public async Task<Reply<DepositTaken>> Handle(TakeDeposit command, MessageContext context)
    {
        ArgumentNullException.ThrowIfNull(command);
        ArgumentNullException.ThrowIfNull(context);
        var taken = await context.Connection.ExecuteAsync(
            "INSERT INTO deposits (reader, cents) VALUES (@Reader, @cents) ON CONFLICT (reader) DO NOTHING",
            new { command.Reader, cents = decimal.ToInt64(command.Amount * 100) }, context.Transaction);
        return taken == 1 ? new DepositTaken(command.Amount) : new Refusal("HasABook", $"{command.Reader} has a book already.");
    }
}
