using Skald.ServiceHost;
using Skald.Storage;

namespace Skald;

/// <summary>Where a process keeps its rows and how its messages travel.</summary>
/// <param name="Data">The folder of the embedded files, as a full path; one sub-folder per system.</param>
/// <param name="Store">An address that <paramref name="Addresses"/> knows, such as <c>sqlite</c> or <c>postgres://user:password@host:port/database</c>.</param>
/// <param name="Broker">An address that <paramref name="Addresses"/> knows, such as <c>sqlite</c> or <c>amqp://user:password@host:port/vhost</c>.</param>
/// <param name="Addresses">The kinds of addresses that there are.</param>
public sealed record SkaldSettings(string Data, string Store, string Broker, AddressBook Addresses)
{
    /// <summary>Where projections keep their rows: any server; of the same kind as <see cref="Store"/>, and there, unless set.</summary>
    public string ProjectorStore { get; init; } = Store;

    /// <summary>The kind of the store.</summary>
    /// <exception cref="NotSupportedHereException">There is no such kind.</exception>
    internal AddressScheme StoreScheme => Find("--store", Store, Addresses.Store, s => s.StoreForm);

    /// <summary>The kind of the broker.</summary>
    /// <exception cref="NotSupportedHereException">There is no such kind.</exception>
    internal AddressScheme BrokerScheme => Find("--broker", Broker, Addresses.Broker, s => s.BrokerForm);

    /// <summary>The kind of the database for projections.</summary>
    /// <exception cref="NotSupportedHereException">There is no such kind.</exception>
    private AddressScheme ProjectorScheme => Find("--projector-store", ProjectorStore, Addresses.Store, s => s.StoreForm);

    /// <summary>Gives a service its database and its broker.</summary>
    public void Apply(SkaldBuilder builder, ServiceModule module)
    {
        StoreScheme.UseStore(builder, At(Store, module));
        BrokerScheme.UseBroker(builder, At(Broker, module));
    }

    /// <summary>A projection's database.</summary>
    internal IProjectionStore Projector(ServiceModule module, Projection projection) => ProjectorScheme.OpenProjection(projection, At(ProjectorStore, module));

    /// <summary>The broker that carries a system's messages, for people.</summary>
    internal string ShowBroker(ServiceModule module) => BrokerScheme.ShowBroker(At(Broker, module));

    /// <summary>Options come before environment variables, and those before the defaults.</summary>
    /// <exception cref="UsageException">No folder, or a store or broker of a kind that there is not.</exception>
    internal static SkaldSettings Read(AddressBook addresses, string? data, string? store, string? broker, string? projectorStore)
    {
        var settings = new SkaldSettings(
            Folder(Choose(data, "SKALD_DATA") ?? ".skald"),
            Choose(store, "SKALD_STORE") ?? DefaultOf(addresses),
            Choose(broker, "SKALD_BROKER") ?? DefaultOf(addresses),
            addresses);
        settings = Choose(projectorStore, "SKALD_PROJECTOR_STORE") is { } projector ? settings with { ProjectorStore = projector } : settings;
        _ = (settings.StoreScheme, settings.BrokerScheme, settings.ProjectorScheme);
        return settings;
    }

    /// <summary>What is used when no address is given; nothing, if nothing can be used without one.</summary>
    internal static string DefaultOf(AddressBook addresses) => addresses.Schemes.Select(s => s.Default).FirstOrDefault(d => d is not null) ?? "";

    private static string Folder(string data) => data.Length > 0 ? Path.GetFullPath(data) : throw new UsageException("--data names no folder.");

    private static string? Choose(string? option, string variable) =>
        option ?? (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null);

    private AddressScheme Find(string option, string address, Func<string, AddressScheme?> find, Func<AddressScheme, string?> form) => find(address)
        ?? throw new NotSupportedHereException($"{option} '{AddressScheme.WithoutUser(address)}' is not of a known kind. Use {OneOf(Addresses.Schemes.Select(form).OfType<string>())}.");

    private static string OneOf(IEnumerable<string> forms) => forms.ToList() switch
    {
        [] => "a program that was assembled with an adapter",
        [var only] => only,
        [.. var others, var last] => $"{string.Join(", ", others)} or {last}",
    };

    private ServiceAddress At(string address, ServiceModule module) => new(address, Path.Combine(Data, module.System), module.System, module.Name);
}
