using Skald;

namespace Travel.Cars;

public static class CarService
{
    public static IHostApplicationBuilder AddCars(this IHostApplicationBuilder builder, AddressBook addresses) =>
        builder.AddSkald(Services.Cars, addresses, cars => cars
            .AddHandlers<CarHandlers>()
            .AddSchema("CREATE TABLE IF NOT EXISTS cars (car TEXT PRIMARY KEY, free INTEGER NOT NULL)")
            .AddSchema("CREATE TABLE IF NOT EXISTS rentals (trip TEXT PRIMARY KEY, car TEXT NOT NULL)")
            .AddSchema("INSERT INTO cars (car, free) VALUES ('van', 200), ('convertible', 2) ON CONFLICT DO NOTHING"));
}
