using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Skald.Dashboard.Pages;
using Skald.Dashboard.Parts;
using Skald.Dashboard.Words;
using Skald.Management;

namespace Skald.Dashboard.Routes;

/// <summary>Acts on a saga: first what one would do, then, at the version that was looked at, the act.</summary>
internal static class ActRoutes
{
    public static void Map(PageMap pages)
    {
        pages.Get("sagas/{service}/{id}/acts/{act}", "sagas", LookAsync);
        pages.Get("sagas/{service}/{id}/acts/{act}/none", "sagas", () => TypedResults.Text("", "text/html"));
        pages.Post("sagas/{service}/{id}/acts/{act}", "sagas", DoAsync, Rights.Operate);
    }

    private static async Task<IResult> LookAsync(Desk desk, string service, string id, string act, string? step, CancellationToken cancellationToken)
    {
        var asked = new Asked { Act = act, Step = step };
        return await ShowAsync(desk.Management, desk, service, id, asked, null, cancellationToken);
    }

    private static async Task<IResult> DoAsync(Desk desk, Said said, HttpContext http, string service, string id, string act, CancellationToken cancellationToken)
    {
        var asked = Asked.Of(act, await http.Request.ReadFormAsync(cancellationToken));
        if (asked.Problem is not null || !asked.IsMeant || asked.Seen != asked.Print())
        {
            return await ShowAsync(desk.Management, desk, service, id, asked, asked.Problem, cancellationToken);
        }

        try
        {
            var result = await Deed.DoAsync(
                http, desk, Rights.Of(act), act, $"saga {id} of {service}", terms => desk.Management.ActAsync(service, id, asked.Request(), terms, cancellationToken),
                new ActTerms { Version = asked.Version, Key = asked.Key });
            return TypedResults.LocalRedirect($"{desk.Saga(service, id)}?did={said.Keep($"{ActWord.Of(act).Name}: {result.Says}")}");
        }
        catch (ManagementException e) when (e.Problem.Status is 400 or 403 or 409 or 412 or 422)
        {
            return await ShowAsync(desk.Management, desk, service, id, asked, e.Problem, cancellationToken);
        }
    }

    private static async Task<IResult> ShowAsync(IManagement management, Desk desk, string service, string id, Asked asked, ManagementProblem? problem, CancellationToken cancellationToken)
    {
        var detail = (await management.FindSagaAsync(service, id, cancellationToken) ?? throw SagaRoutes.NotFound()).For(desk.Caller);
        var offer = detail.Acts.FirstOrDefault(a => a.Act == asked.Act)
            ?? throw new ManagementException(new ManagementProblem(404, ProblemCodes.NotFound, $"There is no act '{asked.Act}' for this saga."));
        asked = asked.WithOnly(offer);
        var (forecast, why) = asked.IsWhole(offer) && problem?.Status is not 400 ? await PreviewAsync(management, desk, service, id, asked, cancellationToken) : (null, null);
        var panel = Panel(service, id, detail, offer, asked, forecast, problem ?? why);
        var parameters = desk.IsPart
            ? new Dictionary<string, object?> { [nameof(SagaDetailPage.Detail)] = detail }
            : await SagaRoutes.WholeAsync(management, desk, service, id, null, cancellationToken);
        parameters[nameof(SagaDetailPage.Panel)] = panel;
        // A part is swapped in, whatever it says; a whole page tells its status.
        return PageMap.Page<SagaDetailPage>(parameters, desk.IsPart ? 200 : problem?.Status ?? 200);
    }

    private static async Task<(ActForecast? Forecast, ManagementProblem? Problem)> PreviewAsync(IManagement management, Desk desk, string service, string id, Asked asked, CancellationToken cancellationToken)
    {
        try
        {
            return ((await management.PreviewAsync(service, id, asked.Request(), cancellationToken)).For(desk.Caller), null);
        }
        catch (ManagementException e) when (e.Problem.Status is 400 or 409)
        {
            return (null, e.Problem);
        }
    }

    private static RenderFragment Panel(string service, string id, SagaDetail detail, ActOffer offer, Asked asked, ActForecast? forecast, ManagementProblem? problem) => builder =>
    {
        builder.OpenComponent<ActPanel>(0);
        builder.AddComponentParameter(1, nameof(ActPanel.Service), service);
        builder.AddComponentParameter(2, nameof(ActPanel.Id), id);
        builder.AddComponentParameter(3, nameof(ActPanel.Offer), offer);
        builder.AddComponentParameter(4, nameof(ActPanel.Request), asked.Request());
        builder.AddComponentParameter(5, nameof(ActPanel.Forecast), forecast);
        builder.AddComponentParameter(6, nameof(ActPanel.Problem), problem);
        builder.AddComponentParameter(7, nameof(ActPanel.Seen), asked.Print());
        builder.AddComponentParameter(8, nameof(ActPanel.Key), RandomNumberGenerator.GetHexString(32, lowercase: true));
        builder.AddComponentParameter(9, nameof(ActPanel.PatchText), asked.Patch);
        builder.AddComponentParameter(10, nameof(ActPanel.BodyText), asked.Body);
        builder.AddComponentParameter(11, nameof(ActPanel.ToText), asked.To);
        builder.AddComponentParameter(12, nameof(ActPanel.Version), detail.Saga.Version);
        builder.CloseComponent();
    };
}
