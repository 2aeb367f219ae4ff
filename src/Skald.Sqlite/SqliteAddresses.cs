using Skald.Sqlite;
using Skald.Storage;

namespace Skald
{
    /// <summary>Has a program know the address <c>sqlite</c>.</summary>
    public static class SqliteAddresses
    {
        /// <summary>Knows <c>sqlite</c>: files in the program's data folder. It is what is used when no address is given.</summary>
        public static AddressBook AddSqlite(this AddressBook addresses)
        {
            ArgumentNullException.ThrowIfNull(addresses);
            return addresses.Add(new SqliteScheme());
        }
    }
}

namespace Skald.Sqlite
{
    /// <summary>Embedded files: a service's rows, a system's messages, a projector's rows.</summary>
    internal sealed class SqliteScheme : AddressScheme
    {
        private const string Word = "sqlite";

        public override string StoreForm => $"'{Word}'";

        public override string BrokerForm => $"'{Word}'";

        public override string Default => Word;

        public override string StoreUnit => "a file";

        public override bool Matches(string address) => address == Word;

        public override void UseStore(SkaldBuilder builder, ServiceAddress at) => builder.UseSqlite(StoreFile(at));

        public override void UseBroker(SkaldBuilder builder, ServiceAddress at) => builder.UseSqliteBroker(BrokerFile(at));

        public override IProjectionStore OpenProjection(Projection projection, ServiceAddress at) =>
            new SqliteProjectionStore($"{at.System}.{at.Name}", projection.Name, Path.Combine(at.Folder, $"{at.Name}.projector.db"), new SqliteOptions());

        public override string ShowBroker(ServiceAddress at) => BrokerFile(at);

        private static string StoreFile(ServiceAddress at) => Path.Combine(at.Folder, at.Name + ".db");

        private static string BrokerFile(ServiceAddress at) => Path.Combine(at.Folder, "broker.db");
    }
}
