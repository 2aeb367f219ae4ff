using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Timeouts;
using Skald.Dashboard.Pages;
using Skald.Dashboard.Words;
using Skald.Management;

namespace Skald.Dashboard.Routes;

/// <summary>Lists of sagas, and one saga.</summary>
internal static class SagaRoutes
{
    private static readonly Timeline NoTimeline = new([], 0, null, null);

    public static void Map(PageMap pages)
    {
        pages.Get("sagas", "sagas", ListAsync);
        pages.Get("sagas/groups", "sagas", GroupsAsync);
        pages.Get("sagas/{service}/{id}", "sagas", ShowAsync);
        pages.Get("sagas/{service}/{id}/state.json", "sagas", StateAsync, Rights.Payloads);
        pages.Get("sagas/{service}/{id}/journal.ndjson", "sagas", JournalAsync);
    }

    /// <summary>A saga with all that its page shows.</summary>
    public static async Task<Dictionary<string, object?>> WholeAsync(IManagement management, Desk desk, string service, string id, string? skip, CancellationToken cancellationToken)
    {
        var detail = (await management.FindSagaAsync(service, id, cancellationToken) ?? throw NotFound()).For(desk.Caller);
        var exchanges = OverviewRoutes.Part(management.ExchangesAsync(service, id, cancellationToken));
        var journal = await OverviewRoutes.Part(WindowAsync(management, service, id, skip, cancellationToken));
        desk.Follows = $"live?service={Desk.Part(service)}&id={Desk.Part(id)}";
        return new Dictionary<string, object?>
        {
            [nameof(SagaDetailPage.Detail)] = detail,
            [nameof(SagaDetailPage.Skip)] = skip,
            [nameof(SagaDetailPage.Journal)] = journal.Value ?? NoTimeline,
            [nameof(SagaDetailPage.Exchanges)] = (await exchanges).Value,
            [nameof(SagaDetailPage.WithoutExchanges)] = (await exchanges).Problem,
        };
    }

    public static ManagementException NotFound() => new(new ManagementProblem(404, ProblemCodes.NotFound, "There is no such saga.")
    {
        Detail = "It never was, or it has ended so long ago that nothing of it is kept.",
    });

    private static async Task<IResult> ListAsync(Desk desk, HttpContext http, string? q, string? and, string? cursor, long? since, CancellationToken cancellationToken)
    {
        if (and is not null)
        {
            // The box holds a word, and the chips the rest: together they are the query, which the address has whole.
            return TypedResults.LocalRedirect(desk.Sagas($"{and} {q}".Trim()));
        }

        desk.Follows = "live?every=2";
        var opened = since is { } ms and > 0 and < 4_000_000_000_000 ? DateTimeOffset.FromUnixTimeMilliseconds(ms) : desk.Now;
        var parameters = new Dictionary<string, object?>
        {
            [nameof(SagasPage.Q)] = q, [nameof(SagasPage.Cursor)] = cursor, [nameof(SagasPage.Since)] = opened, [nameof(SagasPage.Offers)] = await desk.Frame.OffersAsync(cancellationToken),
        };
        try
        {
            var query = SagaQueryText.Parse(q);
            var counts = OverviewRoutes.Part(desk.Management.CountSagasAsync((query with { Statuses = [] }).ToString(), cancellationToken));
            var list = await desk.Management.SagasAsync(new SagaListQuery { Q = q, Cursor = cursor, Limit = since is null ? ManagementLimits.UsualPage : ManagementLimits.LargestPage }, cancellationToken);
            // Rows that came since stay out until they are asked for: nothing jumps under the pointer.
            var old = since is null ? list.Items : [.. list.Items.Where(s => s.StartedAt <= opened)];
            parameters[nameof(SagasPage.List)] = list with { Items = [.. old.Take(ManagementLimits.UsualPage)] };
            parameters[nameof(SagasPage.New)] = cursor is null ? list.Items.Count - old.Count : 0;
            parameters[nameof(SagasPage.Counts)] = (await counts).Value;
            return PageMap.Page<SagasPage>(parameters);
        }
        catch (SagaQueryException e)
        {
            parameters[nameof(SagasPage.Problem)] = new ManagementProblem(400, ProblemCodes.BadQuery, e.Message) { Position = e.Position };
        }
        catch (ManagementException e) when (e.Problem.Status == 400)
        {
            parameters[nameof(SagasPage.Problem)] = e.Problem;
        }

        parameters[nameof(SagasPage.List)] = new Page<SagaItem>([]);
        return PageMap.Page<SagasPage>(parameters, StatusCodes.Status400BadRequest);
    }

    private static async Task<IResult> GroupsAsync(Desk desk, CancellationToken cancellationToken)
    {
        desk.Follows = "live?every=5";
        return PageMap.Page<SagaGroupsPage>(new Dictionary<string, object?> { [nameof(SagaGroupsPage.List)] = await desk.Management.SagaGroupsAsync(null, cancellationToken) });
    }

    private static async Task<IResult> ShowAsync(Desk desk, Said said, string service, string id, string? skip, string? did, CancellationToken cancellationToken)
    {
        var parameters = await WholeAsync(desk.Management, desk, service, id, skip, cancellationToken);
        parameters[nameof(SagaDetailPage.Did)] = said.Find(did);
        return PageMap.Page<SagaDetailPage>(parameters);
    }

    private static async Task<IResult> StateAsync(Desk desk, string service, string id, CancellationToken cancellationToken)
    {
        var detail = (await desk.Management.FindSagaAsync(service, id, cancellationToken) ?? throw NotFound()).For(desk.Caller);
        return detail.State is { } state
            ? TypedResults.Text(PrettyJson.Of(state), "application/json", Encoding.UTF8)
            : throw new ManagementException(new ManagementProblem(403, ProblemCodes.Forbidden, detail.StateHidden ?? "Its state is no JSON."));
    }

    private static async Task<IResult> JournalAsync(Desk desk, HttpContext http, string service, string id, CancellationToken cancellationToken)
    {
        // Each of its parts has a deadline, and all of it takes as long as whoever reads it.
        http.Features.Get<IHttpRequestTimeoutFeature>()?.DisableTimeout();
        // The first part decides whether there is one: later there is nobody to tell.
        var first = await desk.Management.TimelineAsync(service, id, 0, ManagementLimits.LargestPage, cancellationToken);
        return TypedResults.Stream(async stream =>
        {
            for (var part = first; ;)
            {
                using var lines = new MemoryStream();
                foreach (var item in part.Items)
                {
                    JsonSerializer.Serialize(lines, item, ManagementJson.Of<TimelineItem>());
                    lines.WriteByte((byte)'\n');
                }

                await stream.WriteAsync(lines.GetBuffer().AsMemory(0, (int)lines.Length), http.RequestAborted);
                if (part.Next is not { } next)
                {
                    return;
                }

                part = await desk.Management.TimelineAsync(service, id, next, ManagementLimits.LargestPage, http.RequestAborted);
            }
        }, "application/x-ndjson");
    }

    /// <summary>A window of the journal: the last one unless another is asked for, since the latest is what people look for.</summary>
    private static async Task<Timeline> WindowAsync(IManagement management, string service, string id, string? skip, CancellationToken cancellationToken)
    {
        if (int.TryParse(skip, NumberStyles.None, CultureInfo.InvariantCulture, out var from))
        {
            return await management.TimelineAsync(service, id, from, ManagementLimits.LargestPage, cancellationToken);
        }

        var first = await management.TimelineAsync(service, id, 0, ManagementLimits.LargestPage, cancellationToken);
        if (first.Next is null || first.Total is not { } total)
        {
            return first;
        }

        var last = await management.TimelineAsync(service, id, (int)Math.Max(0, total - ManagementLimits.LargestPage), ManagementLimits.LargestPage, cancellationToken);
        return last with { Total = last.Total ?? total };
    }
}
