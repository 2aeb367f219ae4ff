using Microsoft.Extensions.Hosting;
using Skald.Hosting;

namespace Skald;

/// <summary>Adds Skald to a host whose settings say where it works.</summary>
public static class SkaldHostApplicationBuilderExtensions
{
    /// <summary>
    /// Adds a service that takes its database, its broker and its options from the host's settings. In <c>Skald:Services:NAME</c>, or for all services in <c>Skald</c>:
    /// <c>Store</c> and <c>Broker</c>, each an address such as <c>postgres://...</c> or the name of a connection string; <c>Data</c>, the folder of embedded files,
    /// <c>.skald</c> beside the program's content unless said; and what <see cref="SkaldOptions"/> has, such as <c>Lanes</c> or <c>EndedKeptFor</c>. Without
    /// <c>Store</c> the connection string with the service's name is taken, and without <c>Broker</c> the one named <c>broker</c>, if there is one; else the first kind
    /// of address that needs none, with the files that a service host has as well.
    /// </summary>
    /// <param name="builder">The host.</param>
    /// <param name="service">The full name, such as <c>food-orders.order</c>.</param>
    /// <param name="addresses">The kinds of addresses that the program knows, such as <c>new AddressBook().AddSqlite().AddPostgreSql()</c>.</param>
    /// <param name="configure">Says what the service is made of. What it says of options holds over the settings.</param>
    /// <exception cref="ArgumentException">The name is not of that form.</exception>
    /// <remarks>What is wrong in the settings is listed at start-up, with everything else that is wrong.</remarks>
    public static IHostApplicationBuilder AddSkald(this IHostApplicationBuilder builder, string service, AddressBook addresses, Action<SkaldBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(addresses);
        ArgumentNullException.ThrowIfNull(configure);
        builder.Services.AddSkald(service, skald =>
        {
            new ServiceSettings(builder.Configuration, builder.Environment.ContentRootPath, skald).Apply(addresses);
            configure(skald);
        });
        return builder;
    }
}
