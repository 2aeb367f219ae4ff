using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Skald.Management;

/// <summary>Decides who comes in. It trusts nothing that a request says of itself without a policy that has looked at it.</summary>
/// <param name="options">Who may.</param>
/// <param name="edge">The names of the process; null when it has no edge.</param>
internal sealed class ManagementDoor(SkaldManagementOptions options, EdgeOptions? edge)
{
    private static readonly string[] Loopback = ["localhost", "127.0.0.1", "[::1]"];

    private readonly string[] _hosts = [.. Loopback, .. options.Hosts, .. edge?.Hosts ?? []];

    public async Task EnterAsync(HttpContext http, string right, bool isPage, RequestDelegate inside)
    {
        SecureHeaders.Add(http.Response);
        if (Objection(http, isPage) is { } objection)
        {
            await ProblemAnswers.WriteAsync(http, objection);
            return;
        }

        var caller = await CallerAsync(http);
        if (!caller.Has(right))
        {
            await RefuseAsync(http, right, isPage);
            return;
        }

        http.Features.Set(caller);
        await inside(http);
    }

    public async Task<ManagementCaller> CallerAsync(HttpContext http)
    {
        if (!options.HasPolicy)
        {
            return IsFromHere(http) ? ManagementCaller.Local : new ManagementCaller();
        }

        var administers = await HasAsync(http, options.AdminPolicy);
        var operates = administers || await HasAsync(http, options.OperatePolicy);
        return new ManagementCaller
        {
            CanAdminister = administers,
            CanOperate = operates,
            CanView = operates || await HasAsync(http, options.ViewPolicy),
            CanSeePayloads = await HasAsync(http, options.PayloadPolicy),
            // A policy may have brought its own identity.
            Name = http.User.Identity is { IsAuthenticated: true, Name: { Length: > 0 } name } ? name : null,
        };
    }

    private ManagementProblem? Objection(HttpContext http, bool isPage)
    {
        if (!options.HasPolicy && !IsFromHere(http))
        {
            return new ManagementProblem(StatusCodes.Status403Forbidden, ProblemCodes.NotFromHere, "Only requests that come straight from this machine are answered.")
            {
                Detail = "No policy says who may come from elsewhere (SkaldManagementOptions.ViewPolicy).",
            };
        }

        if ((!options.HasPolicy || options.Hosts.Count > 0) && !_hosts.Any(host => IsCalled(http.Request.Host, host)))
        {
            return new ManagementProblem(StatusCodes.Status400BadRequest, ProblemCodes.BadRequest, "This is not the name of the process.") { Detail = "Ask it as localhost, or add its name to SkaldManagementOptions.Hosts." };
        }

        var isRead = HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method);
        var isLink = isRead && isPage && http.Request.Headers["Sec-Fetch-Mode"] is ["navigate"];
        return !isLink && EdgeGuard.IsOfAnotherSite(http.Request)
            ? new ManagementProblem(StatusCodes.Status403Forbidden, ProblemCodes.OtherSite, "Pages of other sites get nothing here.") { Detail = "The browser says that the request comes from elsewhere (Sec-Fetch-Site, Origin)." }
            : null;
    }

    private static async Task RefuseAsync(HttpContext http, string right, bool isPage)
    {
        var isKnown = http.User.Identity is { IsAuthenticated: true };
        if (!isKnown && isPage && http.RequestServices.GetService<IAuthenticationSchemeProvider>() is { } schemes && await schemes.GetDefaultChallengeSchemeAsync() is not null)
        {
            await http.ChallengeAsync();
            return;
        }

        await ProblemAnswers.WriteAsync(http, isKnown
            ? new ManagementProblem(StatusCodes.Status403Forbidden, ProblemCodes.Forbidden, $"You need the right '{right}' for it.")
            : new ManagementProblem(StatusCodes.Status401Unauthorized, ProblemCodes.Unauthenticated, "Nobody knows who asks.") { Detail = "Sign in, or send a token." });
    }

    /// <summary>As the connection said when it came, before anything that believes a proxy changed that.</summary>
    private static bool IsFromHere(HttpContext http) => (http.Features.Get<CameFrom>()?.ThisMachine ?? true) && EdgeHeaders.IsThisMachine(http);

    private static bool IsCalled(HostString host, string name) => name.StartsWith("*.", StringComparison.Ordinal)
        ? host.Host.EndsWith(name[1..], StringComparison.OrdinalIgnoreCase)
        : host.Host.Equals(new HostString(name).Host, StringComparison.OrdinalIgnoreCase);

    /// <exception cref="InvalidOperationException">There is no such policy, or nothing that knows policies.</exception>
    private static async Task<bool> HasAsync(HttpContext http, string? name)
    {
        if (name is null)
        {
            return false;
        }

        var provider = http.RequestServices.GetService<IAuthorizationPolicyProvider>() ?? throw new InvalidOperationException("The management has policies, and nothing that knows them. Call AddAuthorization() on the services.");
        var policy = await provider.GetPolicyAsync(name) ?? throw new InvalidOperationException($"There is no authorization policy '{name}'. Add it with AddAuthorization(), or correct SkaldManagementOptions.");
        var evaluator = http.RequestServices.GetRequiredService<IPolicyEvaluator>();
        var known = await evaluator.AuthenticateAsync(policy, http);
        return (await evaluator.AuthorizeAsync(policy, known, http, resource: null)).Succeeded;
    }
}

/// <summary>What every answer of the management carries, whatever else the application has.</summary>
internal static class SecureHeaders
{
    public static void Add(HttpResponse response)
    {
        var headers = response.Headers;
        headers.TryAdd("Content-Security-Policy", PagePolicy.Default);
        headers.TryAdd("X-Content-Type-Options", "nosniff");
        headers.TryAdd("Referrer-Policy", "no-referrer");
        headers.TryAdd("Cross-Origin-Opener-Policy", "same-origin");
        headers.TryAdd("Cross-Origin-Resource-Policy", "same-origin");
        headers.TryAdd("Cache-Control", "no-store");
    }
}
