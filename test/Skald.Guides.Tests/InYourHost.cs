using Dapper;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Xunit;

// docs/guides/in-your-host.md
namespace Skald.Guides.InYourHost;

[Command("flights.book", To = "flights")]
public sealed record BookFlight(string Trip, string Flight) : ICommand<Done>;

public sealed class Booking
{
    public int Id { get; set; }

    public required string Trip { get; set; }

    public required string Flight { get; set; }
}

public sealed class FlightsContext(DbContextOptions<FlightsContext> options) : DbContext(options)
{
    public DbSet<Booking> Bookings => Set<Booking>();
}

[DbContext(typeof(FlightsContext))]
[Migration("20261130000001_Bookings")]
public sealed class BookingsMigration : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.CreateTable(
        "Bookings",
        table => new { Id = table.Column<int>().Annotation("Sqlite:Autoincrement", true), Trip = table.Column<string>(), Flight = table.Column<string>() },
        constraints: table => table.PrimaryKey("PK_Bookings", b => b.Id));
}

public sealed class FlightHandlers(FlightsContext flights)
{
    public async Task<Reply<Done>> Handle(BookFlight command, MessageContext context)
    {
        flights.Bookings.Add(new Booking { Trip = command.Trip, Flight = command.Flight });
        await flights.SaveChangesAsync(context.CancellationToken);
        return Done.Instance;
    }
}

public sealed class Passengers(CurrentCall call)
{
    public Task<int> AddAsync(string name) => call.Context!.Connection.ExecuteAsync("INSERT INTO passengers (name) VALUES (@name)", new { name }, call.Context.Transaction);
}

public static class Registrations
{
    public static void AddFromSettings(IHostApplicationBuilder builder)
    {
        builder.AddSkald("travel.flights", new AddressBook().AddSqlite().AddPostgreSql().AddRabbitMq(), flights => flights
            .AddHandlers<FlightHandlers>());
    }

    public static void AddWithContext(IHostApplicationBuilder builder)
    {
        builder.AddSkald("travel.flights", new AddressBook().AddSqlite(), flights => flights
            .AddHandlers<FlightHandlers>()
            .AddSkaldDbContext<FlightsContext>(options => options.UseSqlite(), migrate: true));
        builder.Services.AddHealthChecks().AddSkald();
    }

    public static void AddBalance(IHostApplicationBuilder builder)
    {
        builder.Services.AddHealthChecks().AddSkald().AddSkaldBalance();
    }

    public static void AddToWindows(IHostApplicationBuilder builder)
    {
        builder.Services.AddWindowsService(options => options.ServiceName = "Flights");
    }

    public static void Map(WebApplication app)
    {
        app.MapHealthChecks("/health/ready", new HealthCheckOptions { Predicate = check => check.Tags.Contains("ready") });
        app.MapGet("/bookings", async (IDbContextFactory<FlightsContext> contexts, CancellationToken cancellationToken) =>
        {
            await using var flights = await contexts.CreateDbContextAsync(cancellationToken);
            return await flights.Bookings.AsNoTracking().ToListAsync(cancellationToken);
        });
    }
}

public sealed class A_host_of_your_own
{
    [Fact]
    public async Task Reads_its_settings_books_with_a_context_and_is_healthy()
    {
        var folder = Directory.CreateTempSubdirectory("skald-guide-");
        try
        {
            var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = folder.FullName });
            builder.Configuration.AddInMemoryCollection([KeyValuePair.Create("Skald:BatchSize", (string?)"10"), KeyValuePair.Create("urls", (string?)"http://127.0.0.1:0")]);
            Registrations.AddWithContext(builder);
            builder.Services.AddScoped<Passengers>();
            await using var app = builder.Build();
            Registrations.Map(app);
            await app.StartAsync();
            var flights = app.Services.GetRequiredService<SkaldService>();
            await flights.ExecuteAsync(async context =>
            {
                await context.Connection.ExecuteAsync("CREATE TABLE passengers (name TEXT)", transaction: context.Transaction);
                return await context.Services.GetRequiredService<Passengers>().AddAsync("Ann");
            });
            await flights.ExecuteAsync(context =>
            {
                context.Send(new BookFlight("T1", "LH1"));
                return new ValueTask<bool>(true);
            });
            using var http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
            await Eventually.HoldsAsync("it is booked", async () => await http.GetStringAsync("bookings") == """[{"id":1,"trip":"T1","flight":"LH1"}]""");
            Assert.Equal("Healthy", await http.GetStringAsync("health/ready"));
            Assert.Equal(HealthStatus.Healthy, (await app.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Status);
            Assert.True(File.Exists(Path.Combine(folder.FullName, ".skald", "travel", "flights.db")));
            await app.StopAsync();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    // On Windows it says to the service manager that it runs; elsewhere it must change nothing.
    [Fact]
    public async Task Starts_and_stops_where_no_service_manager_of_Windows_is()
    {
        var folder = Directory.CreateTempSubdirectory("skald-guide-");
        try
        {
            var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = folder.FullName });
            Registrations.AddToWindows(builder);
            Registrations.AddWithContext(builder);
            using var host = builder.Build();
            await host.StartAsync();
            Assert.True(File.Exists(Path.Combine(folder.FullName, ".skald", "travel", "flights.db")));
            await host.StopAsync();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Lists_what_its_settings_lack()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection([KeyValuePair.Create("Skald:Store", (string?)"mysql://there"), KeyValuePair.Create("Skald:Lanes", (string?)"many")]);
        Registrations.AddFromSettings(builder);
        using var host = builder.Build();
        var refused = await Assert.ThrowsAsync<SagaDefinitionException>(() => host.StartAsync());
        Assert.Equal(["SKALD196", "SKALD197"], refused.Problems.Select(problem => problem.Split(':')[0]).Order());
    }
}
