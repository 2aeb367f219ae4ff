using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Skald.Dashboard;
using Skald.Dashboard.Routes;
using Skald.Management;

namespace Skald;

/// <summary>Pages on which people see and steer sagas.</summary>
public static class SkaldDashboard
{
    /// <summary>Adds what the pages need.</summary>
    /// <param name="services">The application's services.</param>
    public static IServiceCollection AddSkaldDashboard(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddRazorComponents();
        services.AddAntiforgery();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<Said>();
        services.TryAddScoped<Desk>();
        return services;
    }

    /// <summary>
    /// Maps the pages, and the API at <c>{prefix}/api</c> unless <see cref="SkaldManagementEndpoints.MapSkald"/> has done that. Without a policy they answer only
    /// requests that come straight from this machine.
    /// </summary>
    /// <param name="routes">The application.</param>
    /// <param name="prefix">Where they are.</param>
    /// <param name="options">Who is let in, and what is shown; those of <see cref="SkaldManagementEndpoints.MapSkald"/> where that was called before.</param>
    /// <returns>All pages, for conventions of the application's own.</returns>
    /// <exception cref="InvalidOperationException">Nothing says who may use it in production, or <see cref="AddSkaldDashboard"/> was not called.</exception>
    public static IEndpointConventionBuilder MapSkaldDashboard(this IEndpointRouteBuilder routes, string prefix = "/skald", SkaldManagementOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(routes);
        ArgumentNullException.ThrowIfNull(prefix);
        var services = routes.ServiceProvider;
        if (services.GetService<Said>() is null)
        {
            throw new InvalidOperationException("What the dashboard needs is not there. Call AddSkaldDashboard() on the services.");
        }

        var site = ManagementSite.Of(services, options);
        if (!site.IsMapped)
        {
            routes.MapSkald(prefix, options);
        }

        var group = routes.MapGroup(prefix.TrimEnd('/'));
        var pages = new PageMap(group, site, new Frame(site.Management, services.GetRequiredService<TimeProvider>()));
        OverviewRoutes.Map(pages);
        SagaRoutes.Map(pages);
        ActRoutes.Map(pages);
        FlowRoutes.Map(pages);
        MessageRoutes.Map(pages);
        EventRoutes.Map(pages);
        ServiceRoutes.Map(pages);
        JobsRoutes.Map(pages);
        BalanceRoutes.Map(pages);
        LiveRoutes.Map(pages, new ListenerLimit(site.Options.Live.Checked()));
        pages.MapAssets();
        return group;
    }
}
