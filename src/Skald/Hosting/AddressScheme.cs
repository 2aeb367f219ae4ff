using Skald.Messaging;
using Skald.Storage;

namespace Skald;

/// <summary>
/// A kind of address, as people give it to a program for its store or its broker: <c>sqlite</c>, <c>postgres://...</c>. Adapters
/// derive from it, and register it with an extension of <see cref="AddressBook"/>.
/// </summary>
public abstract class AddressScheme
{
    /// <summary>How the address of a store of this kind is written, for people; null when it keeps no rows.</summary>
    public virtual string? StoreForm => null;

    /// <summary>How the address of a broker of this kind is written, for people; null when it carries no messages.</summary>
    public virtual string? BrokerForm => null;

    /// <summary>The address that is meant when none is given; null when there must be one.</summary>
    public virtual string? Default => null;

    /// <summary>What each service of a process gets for its rows, for people: <c>a file</c>.</summary>
    public virtual string StoreUnit => "a database";

    /// <summary>How its messages look to programs that are not written with Skald; null when only Skald reads them.</summary>
    public virtual WireDescription? Wire => null;

    /// <summary>Whether an address is of this kind.</summary>
    public abstract bool Matches(string address);

    /// <summary>Keeps a service's rows there.</summary>
    public virtual void UseStore(SkaldBuilder builder, ServiceAddress at) => throw new NotSupportedException($"'{WithoutUser(at)}' keeps no rows.");

    /// <summary>Carries a service's messages through it.</summary>
    public virtual void UseBroker(SkaldBuilder builder, ServiceAddress at) => throw new NotSupportedException($"'{WithoutUser(at)}' carries no messages.");

    /// <summary>Where a projection of a service keeps its rows.</summary>
    public virtual IProjectionStore OpenProjection(Projection projection, ServiceAddress at) => throw new NotSupportedException($"'{WithoutUser(at)}' keeps no rows.");

    /// <summary>The broker as it may be shown: without user and password.</summary>
    public virtual string ShowBroker(ServiceAddress at) => WithoutUser(at);

    /// <summary>An address as it may be shown: without user and password, and without what follows a question mark, which may be a password too.</summary>
    public static string WithoutUser(string address)
    {
        ArgumentNullException.ThrowIfNull(address);
        var scheme = address.IndexOf("://", StringComparison.Ordinal);
        if (scheme < 0)
        {
            return address.Split('?')[0];
        }

        var (kind, rest) = (address[..(scheme + 3)], address[(scheme + 3)..]);
        var (at, query) = (rest.LastIndexOf('@'), rest.IndexOf('?', StringComparison.Ordinal));
        // A question mark before the last @ belongs to a password, or the @ does.
        return query >= 0 && query < at ? kind + "..." : kind + rest[(at + 1)..].Split('?')[0];
    }

    /// <summary>Takes an address apart that names several hosts, any of which may answer: <c>amqp://user:password@a:5672,b:5673/vhost</c>.</summary>
    /// <returns>The address with the first of them alone, and all of them, as they are written; one for an address that has but one, none for text that is none.</returns>
    public static (string Address, IReadOnlyList<string> Hosts) WithFirstHost(string address)
    {
        ArgumentNullException.ThrowIfNull(address);
        var scheme = address.IndexOf("://", StringComparison.Ordinal);
        if (scheme < 0)
        {
            return (address, []);
        }

        var authority = scheme + 3;
        var end = address.IndexOfAny(['/', '?', '#'], authority) is var found && found < 0 ? address.Length : found;
        // Whatever stands before an @ is the user's.
        var begin = address.LastIndexOf('@', end - 1, end - authority) is var at && at < 0 ? authority : at + 1;
        var hosts = address[begin..end].Split(',');
        return (string.Concat(address.AsSpan(0, begin), hosts[0], address.AsSpan(end)), hosts);
    }

    /// <summary>Whether an address begins with the name of a scheme and <c>://</c>.</summary>
    protected static bool Has(string address, string scheme)
    {
        ArgumentNullException.ThrowIfNull(address);
        return address.StartsWith(scheme + "://", StringComparison.OrdinalIgnoreCase);
    }

    private static string WithoutUser(ServiceAddress at) => WithoutUser(at?.Address ?? "");
}

/// <summary>An address, as one service uses it.</summary>
/// <param name="Address">The address as it was given.</param>
/// <param name="Folder">The folder of the system's files, for kinds that keep any.</param>
/// <param name="System">The system that the service belongs to.</param>
/// <param name="Name">The service's name within the system.</param>
public sealed record ServiceAddress(string Address, string Folder, string System, string Name);
