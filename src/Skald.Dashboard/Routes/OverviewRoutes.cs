using Microsoft.AspNetCore.Http;
using Skald.Dashboard.Pages;
using Skald.Management;

namespace Skald.Dashboard.Routes;

/// <summary>The first page: what needs a person, and how much is done.</summary>
internal static class OverviewRoutes
{
    private const int MostParked = 50;

    public static void Map(PageMap pages) => pages.Get("", "", OverviewAsync);

    private static async Task<IResult> OverviewAsync(Desk desk, CancellationToken cancellationToken)
    {
        desk.Follows = "live?every=5";
        var counts = Part(desk.Management.CountSagasAsync(null, cancellationToken));
        var parked = Part(desk.Management.SagasAsync(new SagaListQuery { Q = "status:parked", Limit = MostParked }, cancellationToken));
        var letters = Part(desk.Management.DeadLettersAsync(new ListQuery { Limit = 100 }, cancellationToken));
        var metrics = Part(desk.Management.MetricsAsync(cancellationToken));
        var services = Part(desk.Management.ServicesAsync(cancellationToken));
        return PageMap.Page<OverviewPage>(new Dictionary<string, object?>
        {
            [nameof(OverviewPage.Counts)] = (await counts).Value,
            [nameof(OverviewPage.Parked)] = (await parked).Value,
            [nameof(OverviewPage.WithoutParked)] = (await parked).Problem,
            [nameof(OverviewPage.Letters)] = (await letters).Value,
            [nameof(OverviewPage.Metrics)] = (await metrics).Value,
            [nameof(OverviewPage.Services)] = (await services).Value,
        });
    }

    /// <summary>A page of several answers is shown without those that there are none for.</summary>
    public static async Task<(T? Value, string? Problem)> Part<T>(Task<T> question) where T : class
    {
        try
        {
            return (await question, null);
        }
        catch (ManagementException e)
        {
            return (null, e.Message);
        }
        catch (NotSupportedException)
        {
            return (null, "The process that was asked is older than the question.");
        }
    }
}
