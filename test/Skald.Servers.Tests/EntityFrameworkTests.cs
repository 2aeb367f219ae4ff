using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Skald.Storage;
using Xunit;

namespace Skald.Servers.Tests;

/// <summary>Entity Framework Core in handlers, in a saga's local code and in requests, on both databases.</summary>
public sealed class A_DbContext_of_a_service(PostgreSqlFixture postgres, RabbitFixture rabbit)
{
    private const string Library = "town.library";

    [Fact]
    public Task Is_on_the_transaction_of_its_message_on_SQLite() => Pairs.OnSqliteAsync(TellAsync);

    [Fact]
    public Task Is_on_the_transaction_of_its_message_on_PostgreSQL_and_RabbitMQ() => Pairs.OnPostgreSqlAndRabbitMqAsync(postgres, rabbit, TellAsync);

    [Fact]
    public Task Is_migrated_whenever_its_service_is_opened_on_SQLite() => Pairs.OnSqliteAsync(MigrateAsync);

    [Fact]
    public Task Is_migrated_whenever_its_service_is_opened_on_PostgreSQL() => Pairs.OnPostgreSqlAloneAsync(postgres, MigrateAsync);

    [Fact]
    public Task Without_migrations_is_not_migrated() => Pairs.OnSqliteAsync(async ground =>
    {
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => ServiceProcess.StartAsync(Library, s =>
        {
            ground(s);
            s.AddSkaldDbContext<EmptyContext>(o => o.UseSqlite(), migrate: true);
        }));
        Assert.Contains("dotnet ef migrations add", refused.Message, StringComparison.Ordinal);
    });

    [Fact]
    public Task Outside_a_message_says_what_to_take_instead() => Pairs.OnSqliteAsync(async ground =>
    {
        await using var library = await StartAsync(ground);
        using var scope = library.Services.CreateScope();
        var refused = Assert.Throws<InvalidOperationException>(scope.ServiceProvider.GetRequiredService<LibraryContext>);
        Assert.Contains("IDbContextFactory<LibraryContext>", refused.Message, StringComparison.Ordinal);
        Assert.Contains($"ExecuteAsync of service '{Library}'", refused.Message, StringComparison.Ordinal);
    });

    [Fact]
    public void Belongs_to_one_service()
    {
        var services = new ServiceCollection().AddSkald("t.a", s => s.AddSkaldDbContext<LibraryContext>(o => o.UseSqlite()));
        var refused = Assert.Throws<ArgumentException>(() => services.AddSkald("t.b", s => s.AddSkaldDbContext<LibraryContext>(o => o.UseSqlite())));
        Assert.Contains("derive a class", refused.Message, StringComparison.Ordinal);
    }

    private static async Task TellAsync(Action<SkaldBuilder> ground)
    {
        await using var library = await StartAsync(ground);
        // Saved, and committed with the reply and with the saga.
        Assert.Equal(SagaStatus.Completed, (await LendAsync(library, new Loan("Emma", "Ann", true))).Status);
        Assert.Equal(["Emma Ann", "readers: Ann "], await BooksAsync(library));

        // Undone through the context, in handlers as in local code.
        var turnedBack = await LendAsync(library, new Loan("Dune", "Bob", false));
        Assert.Equal((SagaStatus.Compensated, "MayNotRead"), (turnedBack.Status, turnedBack.Failure!.Type));
        Assert.Equal(["Dune ", "Emma Ann", "readers: Ann "], await BooksAsync(library));

        // Saved, and thrown away with the transaction when the handler fails.
        await library.Service.ExecuteAsync(context =>
        {
            context.Send(new LendBook("Ulysses", "Cid", Fails: true));
            return new ValueTask<bool>(true);
        });
        await Eventually.HoldsAsync(async () => (await library.Service.Operations.DelayedAsync()).Count == 1, "the message is put off");
        Assert.Equal(["Dune ", "Emma Ann", "readers: Ann "], await BooksAsync(library));

        // Of a call to the outside, the outcome is on a transaction.
        await library.Service.ExecuteAsync(context =>
        {
            context.Send(new OrderBook("Middlemarch"));
            return new ValueTask<bool>(true);
        });
        await Eventually.HoldsAsync(async () => (await BooksAsync(library)).Contains("Middlemarch from the shop "), "the book has come");
        Assert.Equal(1, await library.Service.ExecuteAsync(async context => await context.Services.GetRequiredService<LibraryContext>().Books.Where(b => b.Title.StartsWith("Middle")).ExecuteDeleteAsync()));

        // A statement of a request that fails spoils nothing else, and leaves nothing.
        await Assert.ThrowsAsync<DbUpdateException>(() => AddAsync(library, "Emma"));
        await AddAsync(library, "Persuasion");
        Assert.Equal(["Dune ", "Emma Ann", "Persuasion ", "readers: Ann "], await BooksAsync(library));
    }

    private static async Task MigrateAsync(Action<SkaldBuilder> ground)
    {
        await using (var first = await StartAsync(ground))
        {
            await AddAsync(first, "Emma");
        }

        await using var again = await StartAsync(ground);
        Assert.Equal(["Emma "], await BooksAsync(again));
        await using var context = await Factory(again).CreateDbContextAsync();
        Assert.Equal("books", Assert.Single(context.Model.GetEntityTypes()).GetTableName());
    }

    private static Task<ServiceProcess> StartAsync(Action<SkaldBuilder> ground) => ServiceProcess.StartAsync(Library, s =>
    {
        ground(s);
        s.AddHandlers<LibraryDesk>().AddSaga<LoanSaga>()
            .AddSkaldDbContext<LibraryContext>((options, connection) => _ = connection is SqliteConnection ? options.UseSqlite() : options.UseNpgsql(), migrate: true);
    });

    private static async Task<SagaSnapshot> LendAsync(ServiceProcess library, Loan loan) =>
        await library.Service.WaitAsync((await library.Service.StartAsync<LoanSaga, Loan>(loan)).Id).WaitAsync(TimeSpan.FromSeconds(20));

    private static Task<int> AddAsync(ServiceProcess library, string title) => library.Service.ExecuteAsync(async context =>
    {
        var books = context.Services.GetRequiredService<LibraryContext>();
        books.Books.Add(new Book { Title = title });
        return await books.SaveChangesAsync(context.CancellationToken);
    });

    private static async Task<List<string>> BooksAsync(ServiceProcess library)
    {
        await using var context = await Factory(library).CreateDbContextAsync();
        // Ordered here: collations differ.
        return [.. (await context.Books.AsNoTracking().ToListAsync()).Select(b => $"{b.Title} {b.LentTo}").Order(StringComparer.Ordinal)];
    }

    private static IDbContextFactory<LibraryContext> Factory(ServiceProcess library) => library.Services.GetRequiredService<IDbContextFactory<LibraryContext>>();

    private sealed class EmptyContext(DbContextOptions<EmptyContext> options) : DbContext(options);
}
