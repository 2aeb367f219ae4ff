using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Skald.Management.Tests;

/// <summary>The lines of the guide.</summary>
public sealed class The_guide_to_the_management
{
    [Fact]
    public async Task Maps_it_with_one_line()
    {
        await using var app = Application("Development");
        app.MapSkald();
        Assert.Throws<InvalidOperationException>(() => app.MapSkald());
    }

    [Fact]
    public async Task Names_the_policies()
    {
        await using var app = Application("Production");
        app.MapSkald(options: new SkaldManagementOptions { ViewPolicy = "staff", OperatePolicy = "support", AdminPolicy = "leads", PayloadPolicy = "leads" });
        Assert.Equal("staff", ManagementSite.Of(app.Services).Options.ViewPolicy);
    }

    private static WebApplication Application(string environment)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = environment });
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddAuthorization();
        return builder.Build();
    }
}
