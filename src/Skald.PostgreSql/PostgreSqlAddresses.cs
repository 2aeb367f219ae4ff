using Skald.PostgreSql;
using Skald.Storage;

namespace Skald
{
    /// <summary>Has a program know addresses such as <c>postgres://user:password@host:port/database</c>.</summary>
    public static class PostgreSqlAddresses
    {
        /// <summary>Knows <c>postgres://...</c> and <c>postgresql://...</c>: a schema for each service, and one for all messages.</summary>
        public static AddressBook AddPostgreSql(this AddressBook addresses)
        {
            ArgumentNullException.ThrowIfNull(addresses);
            return addresses.Add(new PostgreSqlScheme());
        }
    }
}

namespace Skald.PostgreSql
{
    /// <summary>A server: a schema for each service and each projection, and one that carries messages.</summary>
    internal sealed class PostgreSqlScheme : AddressScheme
    {
        public override string StoreForm => "'postgres://user:password@host:port/database'";

        public override string BrokerForm => "'postgres://...'";

        public override string StoreUnit => "a schema";

        public override bool Matches(string address) => Has(address, "postgres") || Has(address, "postgresql") || IsConnectionString(address);

        // As others hand them over: Host=db;Username=app;...
        private static bool IsConnectionString(string address) =>
            address.Split(';').Any(part => part.Split('=', 2, StringSplitOptions.TrimEntries) is [var key, _] && key.ToUpperInvariant() is ("HOST" or "SERVER"));

        public override void UseStore(SkaldBuilder builder, ServiceAddress at) => builder.UsePostgreSql(at.Address);

        public override void UseBroker(SkaldBuilder builder, ServiceAddress at) => builder.UsePostgreSqlBroker(at.Address);

        public override IProjectionStore OpenProjection(Projection projection, ServiceAddress at) => new PostgresProjectionStore(
            projection.Name, at.Address, new PostgreSqlOptions { Schema = $"{at.System.Replace('-', '_')}_{projection.Name}" }, $"{at.System}.{at.Name}");
    }
}
