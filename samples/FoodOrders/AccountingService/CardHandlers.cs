using Dapper;
using Skald;

namespace FoodOrders.Accounting;

/// <summary>Authorizes cards at the provider and keeps the books. The provider is called outside the transaction.</summary>
public sealed class CardHandlers(CardProviderClient provider)
    : IHandleOutside<AuthorizeCard, CardAuthorized, ProviderAnswer>, IHandleOutside<ReverseAuthorization, Done, ProviderAnswer>
{
    /// <inheritdoc/>
    public Task<ProviderAnswer> CallAsync(AuthorizeCard command, OutsideContext context, CancellationToken cancellationToken) =>
        provider.AuthorizeAsync(context.IdempotencyKey, command.CardId, command.Amount, cancellationToken);

    /// <inheritdoc/>
    public Reply<CardAuthorized> Record(AuthorizeCard command, ProviderAnswer outcome, MessageContext context) => outcome.Status switch
    {
        "authorized" => Book(command, context),
        "declined" => new Refusal("ValueError", "Card authorization failed. Insiffucient balance"),
        _ => new Refusal("AlreadyReversed", "The authorization was reversed before it came."),
    };

    /// <summary>Reverses under the key of the authorization, which is known even if its answer never came.</summary>
    public Task<ProviderAnswer> CallAsync(ReverseAuthorization command, OutsideContext context, CancellationToken cancellationToken) =>
        context.ActionKey is { } key
            ? provider.ReverseAsync(key, cancellationToken)
            : Task.FromResult(new ProviderAnswer("reversed"));

    /// <inheritdoc/>
    public Reply<Done> Record(ReverseAuthorization command, ProviderAnswer outcome, MessageContext context)
    {
        context.Connection.Execute(
            "UPDATE authorizations SET status = 'reversed' WHERE saga_id = @sagaId", new { sagaId = context.SagaId.ToString() }, context.Transaction);
        return Done.Instance;
    }

    private static CardAuthorized Book(AuthorizeCard command, MessageContext context)
    {
        var id = context.Connection.ExecuteScalar<long>(
            """
            INSERT INTO sequences (name, value) VALUES ('authorizations', 1)
            ON CONFLICT (name) DO UPDATE SET value = sequences.value + 1
            RETURNING value
            """,
            transaction: context.Transaction);
        context.Connection.Execute(
            """
            INSERT INTO authorizations (id, saga_id, card_id, amount_cents, provider_key, status)
            VALUES (@id, @sagaId, @CardId, @cents, @key, 'authorized')
            """,
            new { id, sagaId = context.SagaId.ToString(), command.CardId, cents = decimal.ToInt64(command.Amount * 100), key = context.MessageId.ToString() },
            context.Transaction);
        return new CardAuthorized(id);
    }
}
