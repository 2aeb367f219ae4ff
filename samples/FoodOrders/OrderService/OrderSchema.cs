namespace FoodOrders.Orders;

internal static class OrderSchema
{
    public const string Sequences = """
        CREATE TABLE IF NOT EXISTS sequences (
            name  VARCHAR(50) PRIMARY KEY,
            value BIGINT NOT NULL)
        """;

    public const string Orders = """
        CREATE TABLE IF NOT EXISTS orders (
            id             BIGINT PRIMARY KEY,
            status         VARCHAR(20) NOT NULL,
            consumer_id    BIGINT NOT NULL,
            card_id        BIGINT NOT NULL,
            price_cents    BIGINT NOT NULL,
            ticket_id      BIGINT,
            transaction_id BIGINT)
        """;

    public const string Items = """
        CREATE TABLE IF NOT EXISTS order_items (
            order_id BIGINT NOT NULL,
            position INTEGER NOT NULL,
            name     VARCHAR(200) NOT NULL,
            quantity BIGINT NOT NULL,
            PRIMARY KEY (order_id, position))
        """;
}
