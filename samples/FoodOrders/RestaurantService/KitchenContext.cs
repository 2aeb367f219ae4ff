using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace FoodOrders.Restaurants;

/// <summary>The kitchen's tickets. In a handler it is on the message's transaction.</summary>
/// <param name="options">Its database.</param>
public sealed class KitchenContext(DbContextOptions<KitchenContext> options) : DbContext(options)
{
    /// <summary>All there are.</summary>
    public DbSet<Ticket> Tickets => Set<Ticket>();

    /// <summary>The next ticket's number. It may have to wait for another instance's commit; a service that stops waits for none.</summary>
    public async Task<long> NextNumberAsync(CancellationToken cancellationToken) => (await Database.SqlQuery<long>(
        $"""
        INSERT INTO sequences (name, value) VALUES ('tickets', 1)
        ON CONFLICT (name) DO UPDATE SET value = sequences.value + 1
        RETURNING value
        """).ToListAsync(cancellationToken))[0];

    /// <summary>The service runs on either.</summary>
    internal static void Use(DbContextOptionsBuilder options, DbConnection connection) => _ = connection is SqliteConnection ? options.UseSqlite() : options.UseNpgsql();

    /// <inheritdoc/>
    protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.Entity<Ticket>(ticket =>
    {
        ticket.ToTable("tickets");
        ticket.Property(t => t.Id).HasColumnName("id").ValueGeneratedNever();
        ticket.Property(t => t.SagaId).HasColumnName("saga_id");
        ticket.Property(t => t.OrderId).HasColumnName("order_id");
        ticket.Property(t => t.CustomerId).HasColumnName("customer_id");
        ticket.Property(t => t.Items).HasColumnName("items");
        ticket.Property(t => t.Status).HasColumnName("status");
    });
}
