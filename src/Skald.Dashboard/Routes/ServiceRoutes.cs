using Microsoft.AspNetCore.Http;
using Skald.Dashboard.Pages;
using Skald.Management;

namespace Skald.Dashboard.Routes;

/// <summary>Services and who talks to whom.</summary>
internal static class ServiceRoutes
{
    public static void Map(PageMap pages)
    {
        pages.Get("services", "services", ListAsync);
        pages.Get("processes", "processes", ProcessesAsync);
        pages.Get("services/{service}", "services", ShowAsync);
    }

    private static async Task<IResult> ListAsync(Desk desk, CancellationToken cancellationToken)
    {
        desk.Follows = "live?every=10";
        var metrics = OverviewRoutes.Part(desk.Management.MetricsAsync(cancellationToken));
        var services = await desk.Management.ServicesAsync(cancellationToken);
        return PageMap.Page<ServicesPage>(new Dictionary<string, object?> { [nameof(ServicesPage.List)] = services, [nameof(ServicesPage.Metrics)] = (await metrics).Value });
    }

    private static async Task<IResult> ProcessesAsync(Desk desk, CancellationToken cancellationToken) =>
        PageMap.Page<ProcessesPage>(new Dictionary<string, object?> { [nameof(ProcessesPage.List)] = await desk.Management.ProcessesAsync(cancellationToken) });

    private static async Task<IResult> ShowAsync(Desk desk, string service, CancellationToken cancellationToken)
    {
        var services = await desk.Management.ServicesAsync(cancellationToken);
        var found = services.Items.FirstOrDefault(s => s.Service == service)
            ?? throw new ManagementException(services.Missing.FirstOrDefault(m => m.Service == service) is { } missing
                ? new ManagementProblem(503, ProblemCodes.Unreachable, $"'{service}' does not answer.") { Detail = missing.Why }
                : new ManagementProblem(404, ProblemCodes.NotFound, $"There is no service '{service}' here."));
        var definitions = await OverviewRoutes.Part(desk.Management.DefinitionsAsync(cancellationToken));
        return PageMap.Page<ServicePage>(new Dictionary<string, object?>
        {
            [nameof(ServicePage.Service)] = found,
            [nameof(ServicePage.Definitions)] = definitions.Value?.Items.Where(d => d.Service == service).OrderByDescending(d => d.IsPresent).ToList() ?? [],
        });
    }
}
