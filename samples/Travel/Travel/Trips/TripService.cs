using Skald;

namespace Travel.Trips;

public static class TripService
{
    public static IHostApplicationBuilder AddTrips(this IHostApplicationBuilder builder, AddressBook addresses) =>
        builder.AddSkald(Services.Trips, addresses, trips =>
        {
            trips.Services.AddSingleton(new ApprovalTime(builder.Configuration.GetValue<TimeSpan>("Trips:ApprovalWithin")));
            trips.Services.AddSingleton<Confirmations>();
            trips.AddSaga<BookTripSaga>().AddSchema(Confirmations.Table);
        });
}
