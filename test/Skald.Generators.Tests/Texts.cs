namespace Skald.Generators.Tests;

/// <summary>Sources around what a test is about.</summary>
internal static class Texts
{
    public static string Saga(string define) => $$"""
        public sealed class TripSaga : Saga<Trip>
        {
            protected override void Define(SagaBuilder<Trip> saga)
            {
        {{define}}
            }
        }

        public static class Service
        {
            public static void Configure(SkaldBuilder service) => service.AddSaga<TripSaga>();
        }
        """;

    public static string Flow(string define) => $$"""
        public sealed class TripFlow : Flow
        {
            protected override void Define(FlowBuilder flow)
            {
        {{define}}
            }
        }

        public static class Service
        {
            public static void Configure(SkaldBuilder service) => service.AddFlow<TripFlow>();
        }

        [Event("TRIP_ASKED")]
        public sealed record TripAsked(string Id) : IEvent;

        [Event("TRIP_LATE")]
        public sealed record TripLate(string Id) : IEvent;
        """;

    public static string Handlers(string type) => $$"""
        {{type}}

        public static class Service
        {
            public static void Configure(SkaldBuilder service) => service.AddHandlers<Handlers>();
        }

        [Command("trips.book", To = "trips")]
        public sealed record Book(string Id) : ICommand<Booked>;

        public sealed record Booked(string Id);
        """;
}
