using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Skald.Messaging;
using Xunit;

namespace Skald.Tests;

/// <summary>A service in a host whose settings say where it works and how.</summary>
public sealed class A_service_with_settings : IDisposable
{
    private const string Seats = "travel.seats";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Takes_files_and_options_from_them_its_own_before_those_for_all()
    {
        using var host = Host(("Skald:Data", "data"), ("Skald:BatchSize", "7"), ("Skald:EndedKeptFor", "1.12:00:00"), ("Skald:Services:travel.seats:BatchSize", "9"), ("Skald:ArchiveFolder", "/tmp/x"));
        await host.StartAsync();
        var options = host.Services.GetRequiredService<SkaldService>().Engine.Options;
        Assert.Equal((9, TimeSpan.FromHours(36), "/tmp/x"), (options.BatchSize, options.EndedKeptFor, options.ArchiveFolder));
        // As a service host names them.
        Assert.True(File.Exists(_folder.File("data/travel/seats.db")));
        Assert.True(File.Exists(_folder.File("data/travel/broker.db")));
        await host.StopAsync();
    }

    [Fact]
    public async Task Takes_what_its_code_says_before_them()
    {
        using var host = Host(s => s.Configure(o => o with { BatchSize = 3 }), ("Skald:BatchSize", "7"));
        await host.StartAsync();
        Assert.Equal(3, host.Services.GetRequiredService<SkaldService>().Engine.Options.BatchSize);
        await host.StopAsync();
    }

    [Theory]
    [InlineData("ConnectionStrings:travel.seats", "postgres://a:b@db/x", "postgres://a:b@db/x sqlite")]
    [InlineData("Skald:Store", "shared", "postgres://a:b@shared/x sqlite")]
    [InlineData("Skald:Services:travel.seats:Store", "postgres://a:b@mine/x", "postgres://a:b@mine/x sqlite")]
    [InlineData("ConnectionStrings:broker", "amqp://a:b@rabbit", "sqlite amqp://a:b@rabbit")]
    [InlineData("Skald:Broker", "amqp://a:b@named", "sqlite amqp://a:b@named")]
    [InlineData("SKALD:BROKER", "amqp://a:b@loud", "sqlite amqp://a:b@loud")]
    public void Takes_addresses_or_connection_strings(string key, string value, string wanted)
    {
        var seen = new List<string>();
        using var host = Host(_ => { }, new AddressBook().Add(new SeenScheme(seen)), (key, value), ("ConnectionStrings:shared", "postgres://a:b@shared/x"));
        Assert.Equal(wanted, string.Join(' ', seen));
    }

    [Theory]
    [InlineData("Skald:BatchSiez", "7", "SKALD196", "there is no such option; there are ArchiveFolder, BatchSize")]
    [InlineData("Skald:BatchSize", "seven", "SKALD196", "'seven' is no whole number")]
    [InlineData("Skald:Services:travel.seats:Lease", "10 s", "SKALD196", "'10 s' is no time, such as 00:00:30")]
    [InlineData("Skald:Lease", "30", "SKALD196", "'30' is no time, such as 00:00:30")]
    [InlineData("Skald:Store", "Data Source=db;Password=secret", "SKALD197", "(not shown: it is no address)")]
    [InlineData("Skald:BatchSize", "7000", "SKALD187", "it must be 1 to 1000")]
    [InlineData("Skald:Store", "mysql://ann:secret@db/x", "SKALD197", "'mysql://db/x', which is no connection string's name")]
    [InlineData("Skald:Broker", "", "SKALD197", "Skald:Broker")]
    public async Task That_make_no_sense_is_refused_at_start_up(string key, string value, string code, string says)
    {
        using var host = Host((key, value));
        var refused = await Assert.ThrowsAsync<SagaDefinitionException>(() => host.StartAsync());
        var problem = Assert.Single(refused.Problems);
        Assert.StartsWith(code, problem, StringComparison.Ordinal);
        Assert.Contains(says, problem, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task That_is_stopped_while_it_starts_ends_well()
    {
        using var host = Host();
        using var stopped = new CancellationTokenSource();
        foreach (var service in host.Services.GetServices<IHostedService>().OfType<IHostedLifecycleService>())
        {
            await service.StartingAsync(CancellationToken.None);
            await stopped.CancelAsync();
            await service.StartedAsync(stopped.Token);
            await service.StopAsync(CancellationToken.None);
        }

        Assert.False(host.Services.GetRequiredService<SkaldService>().Engine.Serves);
    }

    [Fact]
    public async Task That_is_stopped_while_its_database_is_prepared_ends_well()
    {
        using var stopped = new CancellationTokenSource();
        using var host = Host(s => s.PrepareDatabase(async (_, _, cancellationToken) =>
        {
            await stopped.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
        }));
        var service = host.Services.GetServices<IHostedService>().OfType<IHostedLifecycleService>().Single();
        await service.StartingAsync(stopped.Token);
        await service.StopAsync(CancellationToken.None);
    }

    [Theory]
    [InlineData("Host=db;Username=app;Password=x", true)]
    [InlineData("Password=x; server = db", true)]
    [InlineData("postgres://app:x@db/app", true)]
    [InlineData("Data Source=db", false)]
    [InlineData("sqlite", false)]
    public void Has_its_store_where_a_connection_string_of_PostgreSQL_says(string text, bool isOne) => Assert.Equal(isOne, new AddressBook().AddPostgreSql().Store(text) is not null);

    [Fact]
    public async Task Without_a_key_is_the_only_one_or_says_which_there_are()
    {
        await using var one = new ServiceCollection().AddSkald("t.a", _ => { }).BuildServiceProvider();
        Assert.Same(one.GetRequiredKeyedService<SkaldService>("t.a"), one.GetRequiredService<SkaldService>());
        await using var two = new ServiceCollection().AddSkald("t.a", _ => { }).AddSkald("t.b", _ => { }).BuildServiceProvider();
        var refused = Assert.Throws<InvalidOperationException>(two.GetRequiredService<SkaldService>);
        Assert.Contains("t.a, t.b", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_one_of_the_health_checks_of_its_host()
    {
        var away = new BrokenTransport(new InMemoryTransport());
        using var host = Host(s => s.UseTransport(_ => away));
        await host.StartAsync();
        var checks = host.Services.GetRequiredService<HealthCheckService>();
        var report = await checks.CheckHealthAsync(check => check.Tags.Contains("ready"));
        Assert.Equal((HealthStatus.Healthy, "ready"), (report.Status, report.Entries["skald"].Data[Seats]));
        away.Why = "nobody is there at amqp://ann:secret@rabbit";
        report = await checks.CheckHealthAsync();
        Assert.Equal((HealthStatus.Unhealthy, $"{Seats}: its broker cannot be used"), (report.Status, report.Entries["skald"].Description));
        await host.StopAsync();
    }

    [Fact]
    public async Task May_be_none_of_a_process_that_is_healthy_without_it()
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddHealthChecks().AddSkald();
        using var host = builder.Build();
        Assert.Equal(HealthStatus.Healthy, (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Status);
    }

    private IHost Host(params (string Key, string Value)[] settings) => Host(_ => { }, settings);

    private IHost Host(Action<SkaldBuilder> configure, params (string Key, string Value)[] settings) => Host(configure, new AddressBook().AddSqlite(), settings);

    private IHost Host(Action<SkaldBuilder> configure, AddressBook addresses, params (string Key, string Value)[] settings)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = Path.GetDirectoryName(_folder.File("x")) });
        builder.Configuration.AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Key, (string?)s.Value)));
        builder.AddSkald(Seats, addresses, configure);
        builder.Services.AddHealthChecks().AddSkald();
        return builder.Build();
    }

    private sealed class BrokenTransport(ITransport inner) : PassingTransport(inner)
    {
        public string? Why { get; set; }

        public override string? Problem => Why;
    }

    /// <summary>Any address, of a store as of a broker.</summary>
    private sealed class SeenScheme(List<string> seen) : AddressScheme
    {
        public override string StoreForm => "any";

        public override string BrokerForm => "any";

        public override string Default => "sqlite";

        public override bool Matches(string address) => true;

        public override void UseStore(SkaldBuilder builder, ServiceAddress at) => seen.Add(at.Address);

        public override void UseBroker(SkaldBuilder builder, ServiceAddress at) => seen.Add(at.Address);
    }
}
