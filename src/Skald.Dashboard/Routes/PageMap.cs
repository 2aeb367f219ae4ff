using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Skald.Dashboard.Pages;
using Skald.Management;

namespace Skald.Dashboard.Routes;

/// <summary>Maps pages: who may see them, what is around them, and what is shown when there is no answer.</summary>
/// <param name="group">Where they are.</param>
/// <param name="site">Who is let in.</param>
/// <param name="frame">What is around them.</param>
internal sealed class PageMap(RouteGroupBuilder group, ManagementSite site, Frame frame)
{
    private const string Form = "application/x-www-form-urlencoded";

    /// <summary>A page.</summary>
    /// <param name="pattern">Its path within the dashboard.</param>
    /// <param name="here">The place of the navigation that it belongs to.</param>
    /// <param name="handler">Makes it.</param>
    /// <param name="right">The right that it needs.</param>
    public void Get(string pattern, string here, Delegate handler, string right = Rights.View) => With(group.MapGet(pattern, handler), pattern, here, right);

    /// <summary>What a form is sent to.</summary>
    /// <inheritdoc cref="Get"/>
    public void Post(string pattern, string here, Delegate handler, string right)
    {
        var route = group.MapPost(pattern, handler).WithMetadata(new AcceptsMetadata([Form], typeof(IFormCollection))).DisableAntiforgery();
        // The innermost is added last: nobody's form is looked at before it is known who sends it.
        With(route, pattern, here, right);
        route.AddEndpointFilter(IsFromHereAsync);
    }

    /// <summary>Style sheets and scripts: anybody may have them.</summary>
    public void MapAssets() => group.MapGet("assets/{version}/{name}", (HttpContext http, string version, string name) =>
    {
        Headers(http);
        return Assets.Answer(http, version, name);
    });

    /// <summary>A page of a component.</summary>
    public static IResult Page<T>(IReadOnlyDictionary<string, object?> parameters, int status = StatusCodes.Status200OK) where T : IComponent =>
        new RazorComponentResult<T>(parameters) { StatusCode = status, PreventStreamingRendering = true };

    private void With(RouteHandlerBuilder route, string pattern, string here, string right)
    {
        var depth = pattern.Split('/', StringSplitOptions.RemoveEmptyEntries).Length;
        route.ExcludeFromDescription().AddEndpointFilter((context, next) => EnterAsync(context, next, depth, here));
        site.Guard(route, right, isPage: true);
    }

    private async ValueTask<object?> EnterAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next, int depth, string here)
    {
        var http = context.HttpContext;
        var desk = http.RequestServices.GetRequiredService<Desk>();
        Headers(http);
        desk.Enter(http, depth, frame, site.Options.CanAct);
        if (!desk.IsPart && HttpMethods.IsGet(http.Request.Method))
        {
            await frame.SetAsync(desk, http.RequestAborted);
        }

        try
        {
            return await next(context);
        }
        catch (ManagementException e)
        {
            return await ErrorAsync(http, desk, e.Problem, here);
        }
        catch (NotSupportedException)
        {
            return await ErrorAsync(http, desk, new ManagementProblem(501, ProblemCodes.NotSupported, "The process that was asked is older than the question."), here);
        }
    }

    private async Task<IResult> ErrorAsync(HttpContext http, Desk desk, ManagementProblem problem, string here)
    {
        if (desk.Places.Count == 0 && !desk.IsPart)
        {
            await frame.SetAsync(desk, http.RequestAborted);
        }

        desk.Follows = null;
        return Page<ErrorPage>(new Dictionary<string, object?> { [nameof(ErrorPage.Problem)] = problem, [nameof(ErrorPage.Here)] = here }, problem.Status);
    }

    /// <summary>A browser says which site a form comes from; the token says that it is this page's form.</summary>
    private static async ValueTask<object?> IsFromHereAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var site = http.Request.Headers["Sec-Fetch-Site"].ToString();
        var origin = http.Request.Headers.Origin.ToString();
        var isOther = site.Length > 0 ? site is not "same-origin" : origin.Length > 0 && !string.Equals(origin, $"{http.Request.Scheme}://{http.Request.Host}", StringComparison.OrdinalIgnoreCase);
        if (isOther)
        {
            throw new ManagementException(new ManagementProblem(403, ProblemCodes.OtherSite, "A page of another site sent this form. Nothing was done."));
        }

        if (!await http.RequestServices.GetRequiredService<IAntiforgery>().IsRequestValidAsync(http))
        {
            throw new ManagementException(new ManagementProblem(400, ProblemCodes.BadRequest, "The form is too old, or was not made here. Nothing was done.") { Detail = "Open the page again and repeat it." });
        }

        return await next(context);
    }

    private static void Headers(HttpContext http)
    {
        var headers = http.Response.Headers;
        headers.ContentSecurityPolicy = PagePolicy.Default;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.CacheControl = "no-store";
    }
}
