using System.Globalization;
using System.Reflection;
using Skald.Definition;
using Skald.Management;
using Skald.RabbitMq;
using Skald.Storage;
using Xunit;

namespace Skald.Tests;

public sealed class An_option_that_is_out_of_range
{
    private static readonly object[] Numbers = [int.MinValue, -1, 0, int.MaxValue];
    private static readonly object[] Times = [TimeSpan.MinValue, TimeSpan.FromSeconds(-1), TimeSpan.Zero, TimeSpan.MaxValue];

    /// <summary>Values at the edge that the documentation allows.</summary>
    private static readonly HashSet<(Type, string, object)> Allowed =
    [
        (typeof(SqliteOptions), nameof(SqliteOptions.WriteBehind), TimeSpan.Zero),
        (typeof(PostgreSqlOptions), nameof(PostgreSqlOptions.WriteBehind), TimeSpan.Zero),
        (typeof(PostgreSqlOptions), nameof(PostgreSqlOptions.Linger), TimeSpan.Zero),
        (typeof(RetryPolicy), nameof(RetryPolicy.Retries), 0),
        (typeof(RetryPolicy), nameof(RetryPolicy.Delay), TimeSpan.Zero),
    ];

    /// <summary>Any value is fine.</summary>
    private static readonly HashSet<(Type, string)> Free =
    [
        (typeof(SkaldOptions), nameof(SkaldOptions.Schema)),
        (typeof(SkaldOptions), nameof(SkaldOptions.WireKeys)),
        (typeof(SkaldOptions), nameof(SkaldOptions.ArchiveFolder)),
        (typeof(SqliteOptions), nameof(SqliteOptions.Durable)),
        (typeof(StartOptions), nameof(StartOptions.IdempotencyKey)),
        (typeof(StartOptions), nameof(StartOptions.Fingerprint)),
        (typeof(ActOptions), nameof(ActOptions.ExpectedVersion)),
        (typeof(ActOptions), nameof(ActOptions.Actor)),
        (typeof(ActOptions), nameof(ActOptions.Reason)),
        // Refused when the job is begun, as A_job shows.
        (typeof(JobOptions), nameof(JobOptions.RatePerSecond)),
        (typeof(JobOptions), nameof(JobOptions.Actor)),
        (typeof(JobOptions), nameof(JobOptions.Reason)),
        (typeof(RebuildOptions), nameof(RebuildOptions.TakeOver)),
        (typeof(RebuildOptions), nameof(RebuildOptions.Progress)),
        (typeof(AsyncApiOptions), nameof(AsyncApiOptions.Title)),
        (typeof(AsyncApiOptions), nameof(AsyncApiOptions.Version)),
        (typeof(AsyncApiOptions), nameof(AsyncApiOptions.Servers)),
        (typeof(AsyncApiOptions), nameof(AsyncApiOptions.Wire)),
        (typeof(ProgramOptions), nameof(ProgramOptions.Name)),
        (typeof(ProgramOptions), nameof(ProgramOptions.DefaultUrl)),
        (typeof(ProgramOptions), nameof(ProgramOptions.Map)),
        (typeof(ProgramOptions), nameof(ProgramOptions.AddServices)),
        (typeof(ProgramOptions), nameof(ProgramOptions.Try)),
        (typeof(EdgeOptions), nameof(EdgeOptions.IsOpen)),
        (typeof(EdgeOptions), nameof(EdgeOptions.Hosts)),
        (typeof(SkaldManagementOptions), nameof(SkaldManagementOptions.ViewPolicy)),
        (typeof(SkaldManagementOptions), nameof(SkaldManagementOptions.OperatePolicy)),
        (typeof(SkaldManagementOptions), nameof(SkaldManagementOptions.AdminPolicy)),
        (typeof(SkaldManagementOptions), nameof(SkaldManagementOptions.PayloadPolicy)),
        (typeof(SkaldManagementOptions), nameof(SkaldManagementOptions.CanAct)),
        (typeof(SkaldManagementOptions), nameof(SkaldManagementOptions.LocalOnly)),
        (typeof(SkaldManagementOptions), nameof(SkaldManagementOptions.Hosts)),
        (typeof(SkaldManagementOptions), nameof(SkaldManagementOptions.Others)),
        (typeof(SkaldManagementOptions), nameof(SkaldManagementOptions.AsyncApi)),
        (typeof(SkaldManagementOptions), nameof(SkaldManagementOptions.Links)),
        (typeof(SkaldManagementOptions), nameof(SkaldManagementOptions.Live)),
        (typeof(LocalManagementOptions), nameof(LocalManagementOptions.Links)),
        (typeof(LocalManagementOptions), nameof(LocalManagementOptions.AsyncApi)),
        (typeof(LocalManagementOptions), nameof(LocalManagementOptions.Time)),
    ];

    public static TheoryData<Type, string, object> OutOfRange =>
    [
        .. from options in OptionTypes
           from property in options.GetProperties().Where(p => p.SetMethod is { IsPublic: true } && !Free.Contains((options, p.Name)))
           from value in Edges(property)
           where !Allowed.Contains((options, property.Name, value))
           select new TheoryDataRow<Type, string, object>(options, property.Name, value),
    ];

    public static TheoryData<Type, string, object> AtTheEdge =>
    [
        .. Allowed.Select(a => new TheoryDataRow<Type, string, object>(a.Item1, a.Item2, a.Item3)),
        new(typeof(SkaldOptions), nameof(SkaldOptions.BatchSize), 1),
        new(typeof(SkaldOptions), nameof(SkaldOptions.BatchSize), 1000),
        new(typeof(SkaldOptions), nameof(SkaldOptions.Window), 100),
        new(typeof(SkaldOptions), nameof(SkaldOptions.Window), 100_000),
        new(typeof(SkaldOptions), nameof(SkaldOptions.MessagesUnderWay), 1_000_000),
        new(typeof(SkaldOptions), nameof(SkaldOptions.MaxAttempts), 100),
        new(typeof(SkaldOptions), nameof(SkaldOptions.FirstRetryDelay), TimeSpan.FromSeconds(30)),
        new(typeof(SkaldOptions), nameof(SkaldOptions.Lease), TimeSpan.FromSeconds(1)),
        new(typeof(SkaldOptions), nameof(SkaldOptions.Lease), TimeSpan.FromMinutes(10)),
        new(typeof(SkaldOptions), nameof(SkaldOptions.MostEndedKept), 1L),
        new(typeof(SkaldOptions), nameof(SkaldOptions.EndedKeptFor), TimeSpan.FromSeconds(1)),
        new(typeof(SkaldOptions), nameof(SkaldOptions.OutsideDeadline), TimeSpan.FromDays(1)),
        new(typeof(SkaldOptions), nameof(SkaldOptions.OutsideConcurrency), 10_000),
        new(typeof(RabbitMqOptions), nameof(RabbitMqOptions.MessagesPerParcel), 1),
        new(typeof(RetryPolicy), nameof(RetryPolicy.Retries), 1000),
        new(typeof(RetryPolicy), nameof(RetryPolicy.MaxDelay), TimeSpan.FromDays(30)),
    ];

    [Theory]
    [MemberData(nameof(OutOfRange))]
    public void Is_refused_with_its_name_and_value(Type options, string property, object value)
    {
        var problem = Assert.Single(Problems(options, property, value));
        Assert.Contains(property, problem, StringComparison.OrdinalIgnoreCase);
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"{value}"), problem, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(AtTheEdge))]
    public void Is_not_one_at_the_edge_of_its_range(Type options, string property, object value) => Assert.Empty(Problems(options, property, value));

    [Fact]
    public void Is_not_one_that_nobody_set() =>
        Assert.All(OptionTypes.Where(o => o != typeof(RebuildOptions)), options => Assert.Empty(Problems(options, null, null)));

    [Fact]
    public void Is_listed_with_all_others()
    {
        var problems = Started.Problems(s => s
            .UseSqlite("x.db", new SqliteOptions { Lease = TimeSpan.Zero, BusyTimeout = TimeSpan.Zero })
            .Configure(o => o with { BatchSize = 200, Window = 100, MessagesUnderWay = 100 }));
        Assert.Equal(
            ["SqliteOptions.BusyTimeout", "SqliteOptions.Lease", "SkaldOptions.Window", "SkaldOptions.MessagesUnderWay"],
            problems.Select(p => p.Split(' ')[1]));
    }

    [Fact]
    public void Is_refused_in_what_a_projection_uses() => Assert.StartsWith(
        "SKALD187: PostgreSqlOptions.MaxConnections of service 't.trips' is -1; it must be 10 to 10000.",
        Assert.Single(Started.Problems(s => s.AddAggregate<AccountAggregate>()
            .AddProjection<BalanceList>(p => p.UsePostgreSql("Host=nowhere", new PostgreSqlOptions { MaxConnections = -1 })))), StringComparison.Ordinal);

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(9)]
    [InlineData(int.MaxValue)]
    public void Is_refused_as_a_distance_of_snapshots(int events)
    {
        var problems = new List<string>();
        new Snapshots(events).BuildPlan(problems);
        Assert.StartsWith("SKALD155", Assert.Single(problems), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(1001, 1)]
    [InlineData(1, -1)]
    [InlineData(1, 31 * 24 * 3600)]
    public void Is_refused_where_a_refusal_is_retried(int retries, int seconds)
    {
        var saga = new TestSaga(saga => saga.Step("a").Send(t => new ReserveSeat(t.Id)).NothingToUndo("test").RetryRefused(retries, TimeSpan.FromSeconds(seconds)));
        Assert.All(Assert.Throws<SagaDefinitionException>(() => saga.Plan()).Problems, p => Assert.StartsWith("SKALD188: the RetryRefused of step 'a'", p, StringComparison.Ordinal));
    }

    [Fact]
    public void Does_not_come_of_doubling_a_delay_that_is_in_range()
    {
        var policy = new RetryPolicy(1000, TimeSpan.FromHours(1), TimeSpan.FromDays(30));
        Assert.Equal(TimeSpan.FromHours(4), policy.DelayBefore(3));
        Assert.Equal(TimeSpan.FromDays(30), policy.DelayBefore(1000));
    }

    [Fact]
    public void Is_that_a_service_is_added_twice() => Assert.StartsWith(
        "SKALD190: service 't.trips' is added twice.", Assert.Single(Started.Problems(_ => { }, ("t.trips", _ => { }))), StringComparison.Ordinal);

    [Fact]
    public void Is_looked_for_in_every_package_that_has_options()
    {
        var packages = Directory.GetFiles(Path.Combine(The_house.Root, "src"), "*Options.cs", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Path.Combine(The_house.Root, "src"), file).Split(Path.DirectorySeparatorChar)[0]).Distinct();
        // What is typed is no option of a host.
        Assert.Empty(packages.Except(["Skald.Cli"]).Except(OptionTypes.Select(type => type.Assembly.GetName().Name)));
    }

    private static IEnumerable<Type> OptionTypes => new[] { typeof(SkaldOptions), typeof(SqliteOptions), typeof(PostgreSqlOptions), typeof(RabbitMqOptions), typeof(AsyncApiOptions), typeof(ProgramOptions), typeof(EdgeOptions) }
        .SelectMany(t => t.Assembly.GetExportedTypes()).Where(t => t.Name.EndsWith("Options", StringComparison.Ordinal) && !t.IsInterface)
        // What a job is to do is looked at when it is begun.
        .Except([typeof(JobOptions)])
        .Concat([typeof(RetryPolicy), typeof(ProjectionBuilder)]).Distinct();

    private static object[] Edges(PropertyInfo property) => (Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType) switch
    {
        var type when type == typeof(int) => Numbers,
        var type when type == typeof(long) => [-1L, 0L, long.MaxValue],
        var type when type == typeof(TimeSpan) => Times,
        var type when type == typeof(string) => ["Not a name!"],
        var type => throw new NotSupportedException($"{property.DeclaringType?.Name}.{property.Name}: say what is out of range of a {type.Name}, or that any value is fine."),
    };

    /// <summary>What is said of options with one property set, at start or when they are used.</summary>
    private static IReadOnlyList<string> Problems(Type type, string? property, object? value)
    {
        if (type == typeof(ProjectionBuilder))
        {
            return Started.Problems(s => s.AddAggregate<AccountAggregate>().AddProjection<BalanceList>(p =>
            {
                p.Inline();
                Set(p, property, value);
            }));
        }

        try
        {
            return Set(Activator.CreateInstance(type, type == typeof(RetryPolicy) ? [3, TimeSpan.FromSeconds(1), TimeSpan.FromDays(30)] : []), property, value) switch
            {
                SkaldOptions options => Started.Problems(s => s.Configure(_ => options)),
                SqliteOptions options => Once(() => Started.Problems(s => s.UseSqlite("x.db", options)), () => Started.Problems(s => s.UseSqliteBroker("x.db", options))),
                PostgreSqlOptions options => Once(
                    () => Started.Problems(s => s.UsePostgreSql("Host=nowhere", options)), () => Started.Problems(s => s.UsePostgreSqlBroker("Host=nowhere", options))),
                RabbitMqOptions options => Started.Problems(s => s.UseRabbitMq("amqp://nowhere", options)),
                RetryPolicy policy => new TestSaga(saga => saga.Step("a").Send(t => new ReserveSeat(t.Id)).Undo(t => new ReleaseSeat(t.Id)).RetryUndo(policy)).Refused(),
                RebuildOptions options => Rebuilt(options),
                EdgeOptions options => Edge(options),
                LiveFeedOptions options => Live(options),
                _ => [],
            };
        }
        catch (ArgumentOutOfRangeException refused)
        {
            return [refused.Message];
        }
        catch (StoreSetupException refused)
        {
            return [$"{property}: {refused.Message}"];
        }
    }

    private static object Set(object? options, string? property, object? value)
    {
        Assert.NotNull(options);
        if (property is not null)
        {
            options.GetType().GetProperty(property)!.SetValue(options, value);
        }

        return options;
    }

    private static IReadOnlyList<string> Live(LiveFeedOptions options)
    {
        _ = new LiveFeed("thing", null!, TimeProvider.System, CancellationToken.None, options);
        return [];
    }

    private static IReadOnlyList<string> Edge(EdgeOptions options)
    {
        _ = new Microsoft.Extensions.DependencyInjection.ServiceCollection().AddSkaldEdge(options);
        return [];
    }

    private static IReadOnlyList<string> Once(params Func<IReadOnlyList<string>>[] ways)
    {
        var problems = ways.Select(way => way()).ToList();
        Assert.All(problems, p => Assert.Equal(problems[0], p));
        return problems[0];
    }

    private static IReadOnlyList<string> Rebuilt(RebuildOptions options)
    {
        using var folder = new TempFolder();
        var services = new Microsoft.Extensions.DependencyInjection.ServiceCollection().AddSkald(
            "t.bank", s => s.AddAggregate<AccountAggregate>().AddProjection<BalanceList>(p => p.UseSqlite(folder.File("balances.db"))));
        var provider = Microsoft.Extensions.DependencyInjection.ServiceCollectionContainerBuilderExtensions.BuildServiceProvider(services);
        var refused = Assert.Throws<ArgumentOutOfRangeException>(() => new SkaldServices(provider)["t.bank"].Projection("balance_list").RebuildAsync(options).GetAwaiter().GetResult());
        return [refused.Message];
    }
}

internal sealed class Snapshots(int every) : Aggregate<Account>
{
    protected override void Define(AggregateBuilder<Account> aggregate) => aggregate.Begins<AccountOpened>(e => new Account(e.Owner, 0)).SnapshotEvery(every);
}

internal static class Refusals
{
    public static IReadOnlyList<string> Refused(this TestSaga saga)
    {
        try
        {
            return saga.Plan() is null ? ["no plan"] : [];
        }
        catch (SagaDefinitionException exception)
        {
            return exception.Problems;
        }
    }
}
