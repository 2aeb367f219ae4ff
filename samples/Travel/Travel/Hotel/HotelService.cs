using Skald;

namespace Travel.Hotel;

public static class HotelService
{
    public static IHostApplicationBuilder AddHotel(this IHostApplicationBuilder builder, AddressBook addresses) =>
        builder.AddSkald(Services.Hotel, addresses, hotel => hotel
            .AddHandlers<HotelHandlers>()
            .AddSkaldDbContext<HotelContext>(HotelContext.Use)
            .AddSchema("""CREATE TABLE IF NOT EXISTS "Rooms" ("Kind" TEXT PRIMARY KEY, "Free" INTEGER NOT NULL)""")
            .AddSchema("""CREATE TABLE IF NOT EXISTS "Bookings" ("Trip" TEXT PRIMARY KEY, "Room" TEXT NOT NULL)""")
            .AddSchema("""INSERT INTO "Rooms" ("Kind", "Free") VALUES ('double', 200), ('suite', 2) ON CONFLICT DO NOTHING"""));
}
