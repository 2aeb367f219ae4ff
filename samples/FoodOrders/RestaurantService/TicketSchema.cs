namespace FoodOrders.Restaurants;

internal static class TicketSchema
{
    public const string Sequences = """
        CREATE TABLE IF NOT EXISTS sequences (
            name  VARCHAR(50) PRIMARY KEY,
            value BIGINT NOT NULL)
        """;

    public const string Tickets = """
        CREATE TABLE IF NOT EXISTS tickets (
            id          BIGINT PRIMARY KEY,
            saga_id     VARCHAR(36) NOT NULL UNIQUE,
            order_id    BIGINT NOT NULL,
            customer_id BIGINT NOT NULL,
            items       TEXT NOT NULL,
            status      VARCHAR(20) NOT NULL)
        """;
}
