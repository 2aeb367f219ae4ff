using Skald.PostgreSql;
using Skald.ServiceHost;
using Skald.Sqlite;
using Skald.Storage;

namespace Skald;

/// <summary>Where a process keeps its rows and how its messages travel.</summary>
/// <param name="Data">The folder of the embedded files, as a full path; one sub-folder per system.</param>
/// <param name="Store"><c>sqlite</c>, or <c>postgres://user:password@host:port/database</c>.</param>
/// <param name="Broker"><c>sqlite</c>, <c>postgres://...</c>, or <c>amqp://user:password@host:port/vhost</c>.</param>
public sealed record SkaldSettings(string Data, string Store, string Broker)
{
    private const string Sqlite = "sqlite";
    private const string Databases = "'sqlite' or 'postgres://user:password@host:port/database'";

    /// <summary>The file that carries a system's messages; null when a server does.</summary>
    public string? BrokerFile(ServiceModule module) => Broker == Sqlite ? Path.Combine(Folder(module), "broker.db") : null;

    /// <summary>The file that holds a service's rows; null when a server does.</summary>
    public string? StoreFile(ServiceModule module)
    {
        ArgumentNullException.ThrowIfNull(module);
        return Store == Sqlite ? Path.Combine(Folder(module), module.Name + ".db") : null;
    }

    /// <summary>Where projections keep their rows: <c>sqlite</c> or <c>postgres://...</c>, any server; of the same kind as <see cref="Store"/>, and there, unless set.</summary>
    public string ProjectorStore { get; init; } = Store;

    /// <summary>The store as it may be shown: without user and password.</summary>
    public string ShownStore => Shown(Store);

    /// <summary>The broker as it may be shown: without user and password.</summary>
    public string ShownBroker => Shown(Broker);

    /// <summary>The server that carries the messages, as an AsyncAPI document names it; null when a file does.</summary>
    internal AsyncApiServer? BrokerServer
    {
        get
        {
            if (Broker == Sqlite || !Uri.TryCreate(Broker, UriKind.Absolute, out var address))
            {
                return null;
            }

            // Host, port and path only: user, password and parameters are nobody's business.
            var host = address.IsDefaultPort || address.Port < 0 ? address.Host : $"{address.Host}:{address.Port}";
            var path = address.AbsolutePath.Length > 1 ? address.AbsolutePath : null;
            return IsPostgres(Broker)
                ? new AsyncApiServer("broker", "postgresql", host, path)
                : new AsyncApiServer("broker", address.Scheme, host, path, "0.9.1");
        }
    }

    /// <summary>Gives a service its database and its broker.</summary>
    public void Apply(SkaldBuilder builder, ServiceModule module)
    {
        _ = StoreFile(module) is { } store ? builder.UseSqlite(store) : builder.UsePostgreSql(Store);
        _ = BrokerFile(module) is { } broker ? builder.UseSqliteBroker(broker)
            : IsPostgres(Broker) ? builder.UsePostgreSqlBroker(Broker) : builder.UseRabbitMq(Broker);
    }

    /// <summary>A projection's database: a file beside the service's own, or a schema of its own.</summary>
    internal IProjectionStore Projector(ServiceModule module, Projection projection) => ProjectorStore == Sqlite
        ? new SqliteProjectionStore(projection.Name, Path.Combine(Folder(module), $"{module.Name}.projector.db"), new SqliteOptions())
        : new PostgresProjectionStore(projection.Name, ProjectorStore, new PostgreSqlOptions { Schema = $"{module.System.Replace('-', '_')}_{projection.Name}" }, module.FullName);

    /// <summary>Options come before environment variables, and those before the defaults.</summary>
    /// <exception cref="NotSupportedHereException">A store or broker of a kind that there is not.</exception>
    internal static SkaldSettings Read(string? data, string? store, string? broker, string? projectorStore)
    {
        var settings = new SkaldSettings(
            Path.GetFullPath(Choose(data, "SKALD_DATA") ?? ".skald"),
            Known("--store", Choose(store, "SKALD_STORE"), IsPostgres, Databases),
            Known("--broker", Choose(broker, "SKALD_BROKER"), b => IsPostgres(b) || IsRabbit(b), "'sqlite', 'postgres://...' or 'amqp://user:password@host:port/vhost'"));
        return Choose(projectorStore, "SKALD_PROJECTOR_STORE") is { } projector
            ? settings with { ProjectorStore = Known("--projector-store", projector, IsPostgres, Databases) }
            : settings;
    }

    private static string? Choose(string? option, string variable) =>
        option ?? (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null);

    private static string Known(string option, string? value, Func<string, bool> isServer, string kinds) =>
        value is null or Sqlite ? Sqlite
        : isServer(value) ? value
        : throw new NotSupportedHereException($"{option} '{Shown(value)}' is not of a known kind. Use {kinds}.");

    private static bool IsPostgres(string address) => Has(address, "postgres://") || Has(address, "postgresql://");

    private static bool IsRabbit(string address) => Has(address, "amqp://") || Has(address, "amqps://");

    private static bool Has(string address, string scheme) => address.StartsWith(scheme, StringComparison.OrdinalIgnoreCase);

    private static string Shown(string address)
    {
        var scheme = address.IndexOf("://", StringComparison.Ordinal);
        var at = address.LastIndexOf('@');
        return scheme < 0 || at < scheme ? address : address[..(scheme + 3)] + address[(at + 1)..];
    }

    private string Folder(ServiceModule module) => Path.Combine(Data, module.System);
}
