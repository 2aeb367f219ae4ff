using Skald.ServiceHost;

namespace Skald;

/// <summary>Where a process keeps its rows and how its messages travel.</summary>
/// <param name="Data">The folder of the embedded files, as a full path; one sub-folder per system.</param>
/// <param name="Store">The kind of database: <c>sqlite</c>.</param>
/// <param name="Broker">The kind of broker: <c>sqlite</c>.</param>
public sealed record SkaldSettings(string Data, string Store, string Broker)
{
    internal const string Sqlite = "sqlite";

    /// <summary>The file that carries a system's messages.</summary>
    public string BrokerFile(ServiceModule module) => Path.Combine(Folder(module), "broker.db");

    /// <summary>The file that holds a service's rows.</summary>
    public string StoreFile(ServiceModule module)
    {
        ArgumentNullException.ThrowIfNull(module);
        return Path.Combine(Folder(module), module.Name + ".db");
    }

    /// <summary>Gives a service its database and its broker.</summary>
    internal void Apply(SkaldBuilder builder, ServiceModule module) =>
        builder.UseSqlite(StoreFile(module)).UseSqliteBroker(BrokerFile(module));

    /// <summary>Options come before environment variables, and those before the defaults.</summary>
    /// <exception cref="NotSupportedHereException">A store or broker that this version does not have.</exception>
    internal static SkaldSettings Read(string? data, string? store, string? broker) => new(
        Path.GetFullPath(Choose(data, "SKALD_DATA") ?? ".skald"),
        Known("--store", Choose(store, "SKALD_STORE")),
        Known("--broker", Choose(broker, "SKALD_BROKER")));

    private static string? Choose(string? option, string variable) =>
        option ?? (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null);

    private static string Known(string option, string? value) => value is null or Sqlite
        ? Sqlite
        : throw new NotSupportedHereException($"{option} '{value}' is not supported by this version. Use '{Sqlite}'.");

    private string Folder(ServiceModule module) => Path.Combine(Data, module.System);
}
