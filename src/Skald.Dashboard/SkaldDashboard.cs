using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Skald.Dashboard;
using Skald.Dashboard.Routes;

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
        services.TryAddSingleton<Frame>();
        services.TryAddSingleton<Said>();
        services.TryAddScoped<Desk>();
        return services;
    }

    /// <summary>Maps the pages.</summary>
    /// <param name="routes">The application.</param>
    /// <param name="prefix">Where they are.</param>
    /// <returns>All of them, for conventions of the application's own.</returns>
    public static IEndpointConventionBuilder MapSkaldDashboard(this IEndpointRouteBuilder routes, string prefix = "/skald")
    {
        ArgumentNullException.ThrowIfNull(routes);
        var group = routes.MapGroup(prefix);
        var pages = new PageMap(group);
        OverviewRoutes.Map(pages);
        SagaRoutes.Map(pages);
        ActRoutes.Map(pages);
        FlowRoutes.Map(pages);
        MessageRoutes.Map(pages);
        EventRoutes.Map(pages);
        ServiceRoutes.Map(pages);
        LiveRoutes.Map(pages);
        pages.MapAssets();
        return group;
    }
}
