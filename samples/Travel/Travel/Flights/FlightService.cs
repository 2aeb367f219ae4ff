using Skald;

namespace Travel.Flights;

public static class FlightService
{
    public static IHostApplicationBuilder AddFlights(this IHostApplicationBuilder builder, AddressBook addresses) =>
        builder.AddSkald(Services.Flights, addresses, flights => flights
            .AddHandlers<FlightHandlers>()
            .AddSchema("CREATE TABLE IF NOT EXISTS flights (flight TEXT PRIMARY KEY, free INTEGER NOT NULL)")
            .AddSchema("CREATE TABLE IF NOT EXISTS seats (trip TEXT PRIMARY KEY, flight TEXT NOT NULL)")
            .AddSchema("CREATE TABLE IF NOT EXISTS tickets (trip TEXT PRIMARY KEY, ticket TEXT NOT NULL, traveller TEXT NOT NULL)")
            .AddSchema("INSERT INTO flights (flight, free) VALUES ('SK1', 200), ('SK2', 100), ('SK9', 2) ON CONFLICT DO NOTHING"));
}
