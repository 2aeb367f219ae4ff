using System.Globalization;
using Dapper;
using Skald;

namespace Storefront.Orders;

/// <summary>The users and their orders. Nothing is deleted but by <see cref="ResetAsync"/>.</summary>
internal static class UserOrders
{
    public const string UsersSchema = "CREATE TABLE IF NOT EXISTS users (name TEXT PRIMARY KEY, address TEXT NOT NULL)";

    public const string OrdersSchema = """
        CREATE TABLE IF NOT EXISTS user_orders (
            uuid TEXT PRIMARY KEY, user_name TEXT NOT NULL, item TEXT NOT NULL, quantity BIGINT NOT NULL,
            status TEXT NOT NULL, created TEXT NOT NULL, note TEXT)
        """;

    private const string Columns = "uuid AS Uuid, user_name AS User, item AS Item, quantity AS Quantity, status AS Status, created AS Created, note AS Note";

    private static readonly User[] Users = [new("jack", "123 fake street"), new("jill", "456 other street")];

    private static readonly (string Uuid, string User, string Item, long Quantity)[] DummyOrders =
    [
        ("00000000-3321-4927-bac1-2750a1d16017", "jack", "widget", 50),
        ("00000000-4f1c-401d-bc8a-701d3c1e9603", "jill", "wotsit", 60),
    ];

    public static async Task<bool> UserExistsAsync(string name, StepContext context) => await context.Connection.ExecuteScalarAsync<long>(
        "SELECT count(*) FROM users WHERE name = @name", new { name }, context.Transaction) > 0;

    public static async Task<bool> ExistsAsync(Guid uuid, StepContext context) => await context.Connection.ExecuteScalarAsync<long>(
        "SELECT count(*) FROM user_orders WHERE uuid = @uuid", new { uuid = uuid.ToString() }, context.Transaction) > 0;

    public static Task CreateAsync(OrderMessage order, StepContext context) =>
        InsertAsync(order.Uuid.ToString(), order.User, order.Item, order.Quantity, note: null, context);

    /// <summary>False when there is none that could be cancelled.</summary>
    public static async Task<bool> CancelAsync(Guid uuid, StepContext context) => await context.Connection.ExecuteAsync(
        "UPDATE user_orders SET status = 'cancelled' WHERE uuid = @uuid AND status = 'created'", new { uuid = uuid.ToString() }, context.Transaction) == 1;

    public static async Task<IReadOnlyList<User>> UsersAsync(SkaldService service, CancellationToken cancellationToken)
    {
        await using var connection = await service.OpenAsync(cancellationToken);
        return [.. await connection.QueryAsync<User>("SELECT name AS Name, address AS Address FROM users ORDER BY name")];
    }

    public static async Task<IReadOnlyList<UserOrder>> AllAsync(SkaldService service, int limit, CancellationToken cancellationToken)
    {
        await using var connection = await service.OpenAsync(cancellationToken);
        return [.. await connection.QueryAsync<UserOrder>($"SELECT {Columns} FROM user_orders ORDER BY created DESC, uuid LIMIT @limit", new { limit })];
    }

    /// <summary>Deletes everything and writes what the document begins with. Says what it did, a line each.</summary>
    public static async Task<IReadOnlyList<string>> ResetAsync(StepContext context)
    {
        List<string> orders = [.. await context.Connection.QueryAsync<string>("DELETE FROM user_orders RETURNING uuid", transaction: context.Transaction)];
        List<string> users = [.. await context.Connection.QueryAsync<string>("DELETE FROM users RETURNING name", transaction: context.Transaction)];
        await context.Connection.ExecuteAsync("INSERT INTO users (name, address) VALUES (@Name, @Address)", Users, context.Transaction);
        foreach (var (uuid, user, item, quantity) in DummyOrders)
        {
            await InsertAsync(uuid, user, item, quantity, "dummy order", context);
        }

        return
        [
            .. DeletionLines.Of("order", orders), .. DeletionLines.Of("user", users),
            .. Users.Select(u => $"Wrote user {u.Name}."), .. DummyOrders.Select(o => $"Wrote order {o.Uuid} of user {o.User}."),
        ];
    }

    private static Task<int> InsertAsync(string uuid, string user, string item, long quantity, string? note, StepContext context) => context.Connection.ExecuteAsync(
        "INSERT INTO user_orders (uuid, user_name, item, quantity, status, created, note) VALUES (@uuid, @user, @item, @quantity, 'created', @created, @note)",
        new { uuid, user, item, quantity, note, created = context.Now.UtcDateTime.ToString("O", CultureInfo.InvariantCulture) },
        context.Transaction);
}

/// <summary>A user as people see it.</summary>
public sealed record User(string Name, string Address);

/// <summary>An order as Orders knows it: <c>created</c> or <c>cancelled</c>.</summary>
public sealed record UserOrder(string Uuid, string User, string Item, long Quantity, string Status, string Created, string? Note);
