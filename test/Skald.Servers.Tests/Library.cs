using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Skald.Servers.Tests;

/// <summary>Books that can be lent, kept with Entity Framework Core.</summary>
internal sealed class LibraryContext(DbContextOptions<LibraryContext> options) : DbContext(options)
{
    public DbSet<Book> Books => Set<Book>();

    protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.Entity<Book>(book =>
    {
        book.ToTable("books");
        book.HasKey(b => b.Title);
        book.Property(b => b.Title).HasColumnName("title");
        book.Property(b => b.LentTo).HasColumnName("lent_to");
    });
}

internal sealed class Book
{
    public required string Title { get; set; }

    public string? LentTo { get; set; }
}

[DbContext(typeof(LibraryContext))]
[Migration("20261130000001_Books")]
internal sealed class BooksMigration : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.CreateTable(
        "books",
        table => new { title = table.Column<string>(type: "text", nullable: false), lent_to = table.Column<string>(type: "text", nullable: true) },
        constraints: table => table.PrimaryKey("pk_books", b => b.title));
}

[Command("library.lend", To = "library")]
internal sealed record LendBook(string Title, string Reader, bool Fails = false) : ICommand<BookLent>;

internal sealed record BookLent(int LentAltogether);

[Command("library.take_back", To = "library")]
internal sealed record TakeBookBack(string Title) : ICommand<Done>;

/// <summary>Asks a shop, outside the transaction.</summary>
[Command("library.order", To = "library")]
internal sealed record OrderBook(string Title) : ICommand<Done>;

/// <summary>Knows the context, and nothing of connections.</summary>
internal sealed class LibraryDesk(LibraryContext library) : IHandleOutside<OrderBook, Done, string>
{
    public async Task<Reply<BookLent>> Handle(LendBook command, MessageContext context)
    {
        var book = await library.Books.FindAsync([command.Title], context.CancellationToken);
        if (book is null)
        {
            library.Books.Add(book = new Book { Title = command.Title });
        }

        book.LentTo = command.Reader;
        await library.SaveChangesAsync(context.CancellationToken);
        return command.Fails ? throw new InvalidOperationException("after it was saved")
            : new BookLent(await library.Books.CountAsync(b => b.LentTo != null, context.CancellationToken));
    }

    public Task<string> CallAsync(OrderBook command, OutsideContext context, CancellationToken cancellationToken) => Task.FromResult($"{command.Title} from the shop");

    public Reply<Done> Record(OrderBook command, string outcome, MessageContext context)
    {
        library.Books.Add(new Book { Title = outcome });
        library.SaveChanges();
        return Done.Instance;
    }

    public async Task<Reply<Done>> Handle(TakeBookBack command, MessageContext context)
    {
        (await library.Books.SingleAsync(b => b.Title == command.Title, context.CancellationToken)).LentTo = null;
        await library.SaveChangesAsync(context.CancellationToken);
        return Done.Instance;
    }
}

internal sealed record Loan(string Title, string Reader, bool ReaderMayRead, int LentAltogether = 0);

/// <summary>Lends a book and enters the reader, in local code that has the context as well; a reader who may not read is refused when both is done.</summary>
internal sealed class LoanSaga(LibraryContext library) : Saga<Loan>
{
    public const string Readers = "readers: ";

    protected override void Define(SagaBuilder<Loan> saga)
    {
        saga.Step("lend").Send(l => new LendBook(l.Title, l.Reader)).OnReply((l, lent) => l with { LentAltogether = lent.LentAltogether }).Undo(l => new TakeBookBack(l.Title));
        saga.Step("enter").Do(EnterAsync).Undo(StrikeAsync);
        saga.Pivot("check").Do((l, _) => l.ReaderMayRead ? l : new Refusal("MayNotRead", l.Reader)).NothingToUndo("it only looks");
    }

    private async ValueTask<StepResult<Loan>> EnterAsync(Loan loan, StepContext context)
    {
        library.Books.Add(new Book { Title = Readers + loan.Reader, LentTo = null });
        await library.SaveChangesAsync(context.CancellationToken);
        return loan;
    }

    private async ValueTask<StepResult<Loan>> StrikeAsync(Loan loan, StepContext context)
    {
        await library.Books.Where(b => b.Title == Readers + loan.Reader).ExecuteDeleteAsync(context.CancellationToken);
        return loan;
    }
}
