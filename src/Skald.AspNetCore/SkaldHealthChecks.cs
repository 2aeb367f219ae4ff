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

    /// <summary>
    /// Adds a check of the balance: degraded when an effect was found that was neither applied once, nor undone once, nor is open. All ledgers are looked through in
    /// the background, a minute after the start and then at an interval; the check itself only tells what was found last. It asks what the application's pages ask.
    /// </summary>
    /// <param name="builder">The health checks.</param>
    /// <param name="every">How long after a look the next one begins, 1 second to 30 days; an hour unless given. Of several checks, the first says it.</param>
    /// <param name="name">The check's name.</param>
    /// <param name="tags">Its tags; <c>balance</c> unless given. The process works all the same: it is none of those that say whether it is ready.</param>
    /// <exception cref="ArgumentOutOfRangeException">The interval is out of range.</exception>
    public static IHealthChecksBuilder AddSkaldBalance(this IHealthChecksBuilder builder, TimeSpan? every = null, string name = "skald-balance", IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var interval = new BalanceInterval(every ?? TimeSpan.FromHours(1));
        OptionRange.Between(interval.Every, TimeSpan.FromSeconds(1), TimeSpan.FromDays(30), nameof(BalanceInterval), nameof(every));
        builder.Services.TryAddSingleton(interval);
        builder.Services.TryAddSingleton<BalanceSource>();
        if (!builder.Services.Any(service => service.ServiceType == typeof(BalanceWatch)))
        {
            builder.Services.AddSingleton<BalanceWatch>();
            builder.Services.AddHostedService(provider => provider.GetRequiredService<BalanceWatch>());
        }

        return builder.Add(new HealthCheckRegistration(name, provider => new BalanceCheck(provider.GetRequiredService<BalanceWatch>()), HealthStatus.Degraded, tags ?? ["balance"]));
    }

    private sealed class BalanceCheck(BalanceWatch watch) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            if (watch.Last is not { } look)
            {
                return Task.FromResult(HealthCheckResult.Healthy("not looked at yet"));
            }

            var (report, data) = (look.Report, new Dictionary<string, object>
            {
                ["at"] = look.At, ["sagas"] = look.Report.Sagas, ["applied"] = look.Report.Applied, ["undone"] = look.Report.Undone, ["open"] = look.Report.Open,
                ["unjudged"] = look.Report.Unjudged, ["imbalances"] = look.Wrong, ["missing"] = look.Report.Missing.Count,
            });
            return Task.FromResult(report.Imbalances is [var first, ..]
                ? new HealthCheckResult(context.Registration.FailureStatus, $"{look.Wrong} {(look.Wrong == 1 ? "effect does" : "effects do")} not balance; the first is of step '{first.Step}' in {first.Service}", data: data)
                : HealthCheckResult.Healthy(report.Missing.Count == 0 ? "balanced" : "balanced, as far as services answer", data));
        }
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
