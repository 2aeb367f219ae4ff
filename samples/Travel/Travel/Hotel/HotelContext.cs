using System.ComponentModel.DataAnnotations;
using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace Travel.Hotel;

public sealed class HotelContext(DbContextOptions<HotelContext> options) : DbContext(options)
{
    public DbSet<Room> Rooms => Set<Room>();

    public DbSet<Booking> Bookings => Set<Booking>();

    public static void Use(DbContextOptionsBuilder options, DbConnection connection) =>
        _ = connection is SqliteConnection ? options.UseSqlite() : options.UseNpgsql();
}

/// <summary>A kind of room, and how many are free.</summary>
public sealed class Room
{
    [Key]
    public required string Kind { get; init; }

    public required int Free { get; set; }
}

public sealed class Booking
{
    [Key]
    public required string Trip { get; init; }

    public required string Room { get; init; }
}
