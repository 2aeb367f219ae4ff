using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Skald;

/// <summary>Adds the services of the process to its health checks.</summary>
public static class SkaldHealthChecks
{
    /// <summary>
    /// Adds a check: healthy while every service can do its work, else unhealthy, with what cannot be used. A projection that stands still makes it degraded. It says
    /// no address, path or version, so that anybody may read it; those are in the log.
    /// </summary>
    /// <param name="builder">The health checks.</param>
    /// <param name="name">The check's name.</param>
    /// <param name="tags">Its tags; <c>ready</c> unless given. It says whether the process can work, and is none of those that say whether it lives.</param>
    public static IHealthChecksBuilder AddSkald(this IHealthChecksBuilder builder, string name = "skald", IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        // One for all checks: whoever asks while a database is being asked waits for the same answer.
        builder.Services.TryAddSingleton<ServicesCheck>();
        return builder.Add(new HealthCheckRegistration(name, provider => provider.GetRequiredService<ServicesCheck>(), HealthStatus.Unhealthy, tags ?? ["ready"]));
    }

    /// <param name="services">A process may run none, where its settings say so.</param>
    private sealed class ServicesCheck(SkaldServices? services = null) : IHealthCheck
    {
        private readonly List<Probe> _probes = [.. (services?.All ?? []).Select(service => new Probe(service))];

        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            var asked = await Task.WhenAll(_probes.Select(async probe => (probe.Service, Problem: await probe.ProblemAsync(cancellationToken))));
            var data = asked.ToDictionary(one => one.Service, object (one) => one.Problem ?? "ready");
            if (asked.FirstOrDefault(one => one.Problem is not null) is { Problem: { } problem, Service: var service })
            {
                return new HealthCheckResult(context.Registration.FailureStatus, $"{service}: {problem}", data: data);
            }

            return (services?.All ?? []).SelectMany(one => one.Projections).FirstOrDefault(projection => projection.Problem is not null) is { } still
                ? HealthCheckResult.Degraded($"projection '{still.Name}' stands still", data: data)
                : HealthCheckResult.Healthy(data: data);
        }
    }
}
