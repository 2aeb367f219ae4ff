namespace FoodOrders.Accounting;

internal static class AuthorizationSchema
{
    public const string Sequences = """
        CREATE TABLE IF NOT EXISTS sequences (
            name  VARCHAR(50) PRIMARY KEY,
            value BIGINT NOT NULL)
        """;

    public const string Authorizations = """
        CREATE TABLE IF NOT EXISTS authorizations (
            id           BIGINT PRIMARY KEY,
            saga_id      VARCHAR(36) NOT NULL UNIQUE,
            card_id      BIGINT NOT NULL,
            amount_cents BIGINT NOT NULL,
            provider_key VARCHAR(36) NOT NULL UNIQUE,
            status       VARCHAR(20) NOT NULL)
        """;
}
