using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Skald;

/// <summary>Whoever says so in a header has a role: what a role may is what is tested.</summary>
internal sealed class RoleInHeader(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder) : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    /// <summary>Roles, with commas between them.</summary>
    public const string Header = "X-Roles";

    private const string Named = "header";

    /// <summary>Lets people in by their headers, and makes a policy of each role.</summary>
    /// <param name="services">The application's.</param>
    /// <param name="policies">Policies, each with the role that it needs.</param>
    public static void AddTo(IServiceCollection services, params (string Policy, string Role)[] policies)
    {
        services.AddAuthentication(Named).AddScheme<AuthenticationSchemeOptions, RoleInHeader>(Named, null);
        var authorization = services.AddAuthorizationBuilder();
        foreach (var (policy, role) in policies)
        {
            authorization.AddPolicy(policy, needs => needs.RequireRole(role));
        }
    }

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Request.Headers[Header] is not [{ Length: > 0 } roles])
        {
            return Task.FromResult(AuthenticateResult.NoResult());
        }

        var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, "Ada"), new Claim(ClaimTypes.NameIdentifier, "Ada"), .. roles.Split(',').Select(role => new Claim(ClaimTypes.Role, role))], Named);
        return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Named)));
    }
}
