using Microsoft.Extensions.DependencyInjection;

namespace Skald.EventProcess;

/// <summary>Two services, each of which runs in a process of its own: one that appends, projects and publishes, and one that follows.</summary>
/// <param name="Bank">The bank's database: a file, or a connection string.</param>
/// <param name="Rows">That of its projection.</param>
/// <param name="Follower">The follower's.</param>
/// <param name="Broker">The broker's.</param>
public sealed record TillSystem(string Bank, string Rows, string Follower, string Broker)
{
    public const int Tills = 8;

    public static TillSystem Parse(IReadOnlyList<string> args)
    {
        ArgumentNullException.ThrowIfNull(args);
        return new(args[0], args[1], args[2], args[3]);
    }

    public IReadOnlyList<string> Arguments => [Bank, Rows, Follower, Broker];

    public ServiceProvider Build(string name) => (name == "bank" ? AddBank(new ServiceCollection()) : AddFollower(new ServiceCollection())).BuildServiceProvider();

    /// <summary>Appends to some till, as any caller would.</summary>
    public static Task AppendAsync(SkaldService bank, Random random)
    {
        ArgumentNullException.ThrowIfNull(bank);
        ArgumentNullException.ThrowIfNull(random);
        return AppendAsync(bank, $"{random.Next(Tills)}", random.Next(100));
    }

    /// <summary>Opens the till, or puts an amount into it.</summary>
    public static Task<long> AppendAsync(SkaldService bank, string id, int amount)
    {
        ArgumentNullException.ThrowIfNull(bank);
        return bank.ExecuteAsync(async context =>
        {
            var till = await context.LoadAsync<Till>(id);
            return context.Append(till, till.Exists ? new TillTook(id, till.Version + 1, amount) : new TillOpened(id, 1)).Version;
        });
    }

    private IServiceCollection AddBank(ServiceCollection services) => services.AddSkald("tills.bank", s =>
    {
        Use(s, Bank);
        s.AddAggregate<TillAggregate>().Publishes<TillOpened>().Publishes<TillTook>().AddProjection<TillList>(p =>
        {
            p.PageSize = 20;
            _ = IsServer(Rows) ? p.UsePostgreSql(Rows) : p.UseSqlite(Rows);
        });
    });

    private IServiceCollection AddFollower(ServiceCollection services) => services.AddSkald("tills.follower", s =>
    {
        Use(s, Follower);
        s.AddHandlers<TillFollower>().Configure(o => o with { Schema = TillFollower.Schema });
    });

    private void Use(SkaldBuilder builder, string store)
    {
        _ = IsServer(store) ? builder.UsePostgreSql(store) : builder.UseSqlite(store);
        _ = IsServer(Broker) ? builder.UsePostgreSqlBroker(Broker) : builder.UseSqliteBroker(Broker);
    }

    private static bool IsServer(string database) => database.StartsWith("Host=", StringComparison.Ordinal);
}
