using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Skald.Management;

/// <summary>The management of one application: what answers its API and its pages.</summary>
public sealed class ManagementSite
{
    private static readonly ConditionalWeakTable<IServiceProvider, ManagementSite> Sites = [];

    private readonly ManagementDoor _door;

    private ManagementSite(IServiceProvider services, SkaldManagementOptions options)
    {
        options.Check(services.GetService<IHostEnvironment>()?.IsProduction() ?? true);
        (Options, Services) = (options, services);
        Management = services.GetService<IManagement>() ?? new MergedManagement([.. Parts(services, options)], Time);
        Changes = Management is MergedManagement merged ? merged.Changes : new ChangeLog(Management, Time);
        if (services.GetService<BalanceSource>() is { } balance)
        {
            balance.Management = Management;
        }

        _door = new ManagementDoor(options, services.GetService<EdgeOptions>());
    }

    /// <summary>Who is let in, and what is shown.</summary>
    public SkaldManagementOptions Options { get; }

    /// <summary>What is asked: the application's own <see cref="IManagement"/> if its container has one, otherwise the services of this process and those of <see cref="SkaldManagementOptions.Others"/>.</summary>
    public IManagement Management { get; }

    /// <summary>What changes, for a <see cref="LiveFeed"/>.</summary>
    public ILiveSource Changes { get; }

    internal IServiceProvider Services { get; }

    internal TimeProvider Time => Services.GetService<TimeProvider>() ?? TimeProvider.System;

    internal bool IsMapped { get; set; }

    /// <summary>The application's site: the one that was made first, with its options.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="options">The options, if none was made before; the defaults unless given.</param>
    /// <exception cref="InvalidOperationException">The options leave it open who may come in.</exception>
    public static ManagementSite Of(IServiceProvider services, SkaldManagementOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        return Sites.GetValue(services, provider => new ManagementSite(provider, options ?? new SkaldManagementOptions()));
    }

    /// <summary>Who sent a request, and what they may do. It lets nobody in: <see cref="Guard{TBuilder}"/> does.</summary>
    public Task<ManagementCaller> CallerAsync(HttpContext http) => _door.CallerAsync(http);

    /// <summary>Lets only those in who have a right, and records on the route which one it needs. Whoever has it is in <c>HttpContext.Features</c> as <see cref="ManagementCaller"/>.</summary>
    /// <typeparam name="TBuilder">The kind of route.</typeparam>
    /// <param name="route">The route.</param>
    /// <param name="right">One of <see cref="Rights"/>.</param>
    /// <param name="isPage">It is for people at a browser: whoever is not known is asked to sign in, and may come by a link of another site.</param>
    public TBuilder Guard<TBuilder>(TBuilder route, string right, bool isPage = false) where TBuilder : IEndpointConventionBuilder
    {
        route.Add(builder =>
        {
            builder.Metadata.Add(new NeedsRight(right));
            if (builder.RequestDelegate is { } inside)
            {
                builder.RequestDelegate = http => _door.EnterAsync(http, right, isPage, inside);
            }
        });
        return route;
    }

    private static IEnumerable<ManagementPart> Parts(IServiceProvider services, SkaldManagementOptions options)
    {
        var time = services.GetService<TimeProvider>() ?? TimeProvider.System;
        var local = (services.GetService<SkaldServices>()?.All ?? []).Select(service => new ManagementPart(
            service.Name, new LocalManagement(service, new LocalManagementOptions { AsyncApi = options.AsyncApi?.Invoke(service.Name), Links = options.Links, Time = time }), service.Name));
        return local.Concat(options.Others);
    }
}

/// <summary>The right that a route needs.</summary>
/// <param name="Right">One of <see cref="Rights"/>.</param>
public sealed record NeedsRight(string Right);
