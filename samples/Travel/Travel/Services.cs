namespace Travel;

/// <summary>The names under which the services find each other.</summary>
public static class Services
{
    public const string Trips = "travel.trips";
    public const string Flights = "travel.flights";
    public const string Hotel = "travel.hotel";
    public const string Cars = "travel.cars";
    public const string Payments = "travel.payments";
}
