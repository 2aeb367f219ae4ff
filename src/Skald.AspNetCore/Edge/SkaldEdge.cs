using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HostFiltering;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Skald;

/// <summary>
/// The one place where a process's limits and headers are: what comes from outside is refused here, or is fit to be handled.
/// </summary>
/// <remarks>
/// Refused, mostly as problem documents: 400 for names that are not the process's, and for text that no database could store; 403 for requests of other sites
/// and, unless the process is open, of other machines; 503 while a database cannot be used or there is too much to do; 408 for bodies that trickle in; 413 for
/// bodies that are too large; 415 for bodies that are neither JSON nor what their route takes; 504 for what takes too long, if its code listens to its token.
/// Each answer of the application says that it is to be kept by nobody, framed by nobody, and loads nothing from elsewhere; what the server refuses before it
/// has read a request has no such headers.
/// </remarks>
public static class SkaldEdge
{
    private const int MaxDepth = 32;

    private static readonly TimeSpan HeadersMayTake = TimeSpan.FromSeconds(10);
    private static readonly MinDataRate Slowest = new(bytesPerSecond: 1024, gracePeriod: TimeSpan.FromSeconds(5));
    private static readonly string[] Loopback = ["localhost", "127.0.0.1", "[::1]"];

    /// <summary>Sets the limits. Call <see cref="UseSkaldEdge"/> as well.</summary>
    /// <param name="services">The process's services.</param>
    /// <param name="options">What is let in; the defaults unless given.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public static IServiceCollection AddSkaldEdge(this IServiceCollection services, EdgeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        options = (options ?? new EdgeOptions()).Checked();
        services.AddSingleton(options);
        services.AddProblemDetails();
        services.AddExceptionHandler<EngineProblems>();
        services.Configure<KestrelServerOptions>(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = options.MaxBodyBytes;
            kestrel.Limits.RequestHeadersTimeout = HeadersMayTake;
            kestrel.Limits.MinRequestBodyDataRate = Slowest;
        });
        services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = false);
        services.ConfigureHttpJsonOptions(json => (json.SerializerOptions.AllowDuplicateProperties, json.SerializerOptions.MaxDepth) = (false, MaxDepth));
        services.AddRequestTimeouts(timeouts => timeouts.DefaultPolicy = new RequestTimeoutPolicy
        {
            Timeout = options.RequestDeadline,
            WriteTimeoutResponse = http => Problems.TooLate(options.RequestDeadline).ExecuteAsync(http),
        });
        services.Configure<HostFilteringOptions>(filter =>
        {
            filter.IncludeFailureMessage = false;
            filter.AllowEmptyHosts = false;
            filter.AllowedHosts = options is { IsOpen: true, Hosts: [] } ? ["*"] : [.. Loopback, .. options.Hosts];
        });
        services.AddSingleton<IHostedService, ListeningCheck>();
        // Before the host's own filters, which answer too.
        services.Insert(0, ServiceDescriptor.Singleton<IStartupFilter, EdgeHeadersFirst>());
        return services;
    }

    /// <summary>Puts what <see cref="AddSkaldEdge"/> has set before all routes. Call it first, or after <c>UseRequestDecompression</c>: compressed JSON is refused.</summary>
    /// <param name="app">The application.</param>
    public static IApplicationBuilder UseSkaldEdge(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.UseHostFiltering();
        // What routes say of themselves counts from here on.
        app.UseRouting();
        app.UseMiddleware<EdgeGuard>();
        app.UseRequestTimeouts();
        return app;
    }

    /// <summary>
    /// Marks a route that changes something although it answers a GET: pages of other sites cannot call it. In a process that is open, only browsers that say where
    /// a request comes from can; programs send a POST.
    /// </summary>
    /// <typeparam name="TBuilder">The kind of route.</typeparam>
    /// <param name="route">The route.</param>
    public static TBuilder ChangesSomething<TBuilder>(this TBuilder route) where TBuilder : IEndpointConventionBuilder => route.WithMetadata(SameOriginOnly.Instance);
}

/// <summary>That a route is for this site's own pages, and for programs.</summary>
internal sealed class SameOriginOnly
{
    public static SameOriginOnly Instance { get; } = new();
}
