using System.Collections.Concurrent;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Skald.Servers.Tests;

[Command("shop.charge", To = "billing")]
public sealed record Charge(int Order, int Amount) : ICommand<Charged>;

public sealed record Charged(int Order);

[Command("shop.refund", To = "billing")]
public sealed record Refund(int Order) : ICommand<Done>;

[Command("shop.deliver", To = "billing")]
public sealed record Deliver(int Order, int Amount) : ICommand<Done>;

public sealed record Sale(int Order, int Amount)
{
    public bool Paid { get; init; }
}

public sealed class SaleSaga : Saga<Sale>
{
    protected override void Define(SagaBuilder<Sale> saga)
    {
        saga.Step("charge").Send(s => new Charge(s.Order, s.Amount)).OnReply((s, _) => s with { Paid = true }).Undo(s => new Refund(s.Order));
        saga.Pivot("deliver").Send(s => new Deliver(s.Order, s.Amount));
    }
}

/// <summary>Keeps its books with Dapper, in the transaction of the message.</summary>
public sealed class Billing
{
    public const string Schema = "CREATE TABLE IF NOT EXISTS bookings (id bigint GENERATED ALWAYS AS IDENTITY, customer_order int NOT NULL, what text NOT NULL); CREATE TABLE IF NOT EXISTS charges (customer_order int PRIMARY KEY)";

    /// <summary>This amount is charged once an order, as a unique key says.</summary>
    public const int ChargedOnce = 77;

    private static int _calls;

    public static int Calls => _calls;

    public static void CountAnew() => _calls = 0;

    public async Task<Reply<Charged>> Handle(Charge command, MessageContext context)
    {
        if (command.Amount > 900)
        {
            return new Refusal("CardDeclined", "too much");
        }

        if (command.Amount == ChargedOnce)
        {
            Interlocked.Increment(ref _calls);
            try
            {
                await context.Connection.ExecuteAsync("INSERT INTO charges (customer_order) VALUES (@Order)", new { command.Order }, context.Transaction);
            }
            catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation)
            {
                return new Refusal("AlreadyCharged", "once is enough");
            }
        }

        await BookAsync(context, command.Order, "charge");
        return new Charged(command.Order);
    }

    public async Task<Reply<Done>> Handle(Refund command, MessageContext context)
    {
        await BookAsync(context, command.Order, "refund");
        return Done.Instance;
    }

    public async Task<Reply<Done>> Handle(Deliver command, MessageContext context)
    {
        if (command.Amount > 500)
        {
            return new Refusal("OutOfStock", "nothing left");
        }

        await BookAsync(context, command.Order, "deliver");
        return Done.Instance;
    }

    private static Task<int> BookAsync(MessageContext context, int order, string what) =>
        // Handlers of a database's service always have a transaction, and an open one has a connection.
        context.Transaction!.Connection!.ExecuteAsync("INSERT INTO bookings (customer_order, what) VALUES (@order, @what)", new { order, what }, context.Transaction);
}

/// <summary>The order service, the billing service, or both, as one process would run them.</summary>
internal sealed class PostgreSqlShop : IAsyncDisposable
{
    private readonly IHost _host;

    private readonly Said _said;

    private PostgreSqlShop(IHost host, Said said) => (_host, _said) = (host, said);

    /// <summary>The log so far, for a test that fails.</summary>
    public string Log => string.Join('\n', _said.Lines);

    public SkaldService Orders => _host.Services.GetRequiredKeyedService<SkaldService>("shop.order");

    public SkaldService Billing => _host.Services.GetRequiredKeyedService<SkaldService>("shop.billing");

    public static async Task<PostgreSqlShop> StartAsync(string database, string? brokerDatabase = null, bool orders = true, bool billing = true, PostgreSqlOptions? options = null) =>
        await StartAsync(s => s.UsePostgreSql(database, options).UsePostgreSqlBroker(brokerDatabase ?? database, options), orders, billing);

    public static async Task<PostgreSqlShop> StartAsync(Action<SkaldBuilder> ground, bool orders = true, bool billing = true)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        var said = new Said();
        builder.Logging.AddProvider(said);
        if (orders)
        {
            Add("shop.order", s => s.AddSaga<SaleSaga>());
        }

        if (billing)
        {
            Add("shop.billing", s => s.AddHandlers<Billing>().AddSchema(Servers.Tests.Billing.Schema));
        }

        var host = builder.Build();
        await host.StartAsync();
        return new PostgreSqlShop(host, said);

        void Add(string name, Action<SkaldBuilder> configure) => builder.Services.AddSkald(name, s =>
        {
            ground(s);
            configure(s);
        });
    }

    public Task<SagaStart<Sale>> SellAsync(int order, int amount) => Orders.StartAsync<SaleSaga, Sale>(new Sale(order, amount));

    public async Task<string> BooksAsync(int order)
    {
        await using var connection = await Billing.OpenAsync();
        return string.Join(' ', await connection.QueryAsync<string>("SELECT what FROM bookings WHERE customer_order = @order ORDER BY id", new { order }));
    }

    public async Task<List<(int Order, string What, long Count)>> AllBooksAsync()
    {
        await using var connection = await Billing.OpenAsync();
        return [.. await connection.QueryAsync<(int, string, long)>("SELECT customer_order, what, count(*) FROM bookings GROUP BY 1, 2")];
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    private sealed class Said : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue($"{TimeProvider.System.GetUtcNow():mm:ss.fff} {formatter(state, exception)} {exception?.Message}");

        public void Dispose()
        {
        }
    }
}
