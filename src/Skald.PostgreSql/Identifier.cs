using Skald.Storage;

namespace Skald.PostgreSql;

/// <summary>Names of schemas and channels. Only letters, digits and underscores come through, and they are quoted all the same.</summary>
internal static class Identifier
{
    private const int MostBytes = 50;

    /// <summary>The schema of a service: <c>food-orders.order</c> becomes <c>food_orders_order</c>.</summary>
    public static string OfService(string service) =>
        Checked(string.Create(service.Length, service, static (name, from) =>
        {
            for (var i = 0; i < from.Length; i++)
            {
                name[i] = from[i] is '.' or '-' ? '_' : char.ToLowerInvariant(from[i]);
            }
        }));

    /// <exception cref="StoreSetupException">It is not a name that needs no escaping.</exception>
    public static string Checked(string name)
    {
        var valid = name.Length is > 0 and <= MostBytes && !char.IsAsciiDigit(name[0]) && !name.StartsWith("pg_", StringComparison.Ordinal)
            && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_');
        return valid
            ? name
            : throw new StoreSetupException(
                $"'{name}' cannot be the name of a PostgreSQL schema here: use at most {MostBytes} lower-case letters, digits and underscores, and do not begin with a digit or 'pg_'. Set PostgreSqlOptions.Schema.");
    }

    public static string Quoted(string name) => $"\"{Checked(name)}\"";
}
