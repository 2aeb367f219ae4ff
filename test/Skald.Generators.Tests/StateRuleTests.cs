namespace Skald.Generators.Tests;

public sealed class Rules_of_states
{
    private const string Definitions = """

        public sealed class TourSaga : Saga<Tour>
        {
            protected override void Define(SagaBuilder<Tour> saga) => saga.Step("count").Do((t, _) => t).NothingToUndo("counts");
        }

        public sealed class TourAggregate : Aggregate<Route>
        {
            protected override void Define(AggregateBuilder<Route> aggregate) => aggregate.Begins<TripEnded>(e => new Route());
        }

        public static class Service
        {
            public static void Configure(SkaldBuilder service) => service.AddSaga<TourSaga>().AddAggregate<TourAggregate>();
        }
        """;

    [Fact]
    public Task Say_what_can_be_changed_in_place() => Told.AtTypingAlone("""
        public sealed record Tour(string Id)
        {
            public int {|SKALD213:Seats|} { get; set; }

            public Guide? Guide { get; init; }

            public IReadOnlyList<Stop> Stops { get; init; } = [];
        }

        public sealed record Guide(List<string> {|SKALD213:Languages|});

        public sealed class Stop
        {
            public string {|SKALD213:Name|} { get; set; } = "";
        }

        public sealed record Route
        {
            public Dictionary<string, int> {|SKALD213:Kilometres|} { get; init; } = [];
        }
        """ + Definitions);

    [Fact]
    public Task Say_nothing_of_immutable_states_and_of_what_is_no_state() => Told.AtTypingAlone("""
        public sealed record Tour(string Id, int Seats, System.Collections.Immutable.ImmutableArray<Stop> Stops)
        {
            public static int Made { get; set; }

            public int Places => Seats + 1;

            public Place Start { get; init; }
        }

        public sealed record Stop(string Name, byte[] Picture);

        public record struct Place(double North, double East);

        public sealed record Route(IReadOnlyDictionary<string, int>? Kilometres = null);

        public sealed class Notebook
        {
            public List<string> Lines { get; set; } = [];
        }
        """ + Definitions);
}
