namespace Skald.Generators.Tests;

public sealed class Rules_of_flows
{
    private const string End = """flow.CompletesWith<TripEnded>("t.trips");""";

    [Theory]
    [InlineData("""flow.{|SKALD135:StartsWith<TripAsked>("t.trips")|}; flow.After<TripAsked>().Expect<TripEnded>();""")]
    [InlineData("""
        flow.StartsWith<TripAsked>("t.trips").NothingToUndo("a question");
        flow.{|SKALD135:Event<TripApproved>("t.trips")|};
        flow.After<TripAsked>().Expect<TripApproved>(); flow.After<TripApproved>().Expect<TripEnded>();
        """)]
    [InlineData("""
        flow.StartsWith<TripAsked>("t.trips").NothingToUndo("a question");
        flow.After<TripAsked>().Expect<TripEnded>(); flow.{|SKALD136:After<TripAsked>()|}.Within(TimeSpan.FromSeconds(1));
        """)]
    [InlineData("""
        flow.StartsWith<TripAsked>("t.trips").NothingToUndo("a question");
        flow.{|SKALD138:After<TripAsked>()|}.Expect<TripEnded>().ElseRaise(id => new TripLate(id));
        flow.After<TripLate>().Expect<TripEnded>();
        """)]
    public Task Say_what_start_up_says(string define) => Told.AtTypingAndAtStartUp(Texts.Flow(define + End));

    [Fact]
    public Task Say_nothing_of_what_starts() => Told.AtTypingAlone(Texts.Flow(
        """
        flow.StartsWith<TripAsked>("t.trips").UndoneBy<TripLate>();
        flow.After<TripAsked>().Expect<TripEnded>().Within(TimeSpan.FromSeconds(1)).ElseRaise(id => new TripLate(id));
        flow.After<TripLate>().Expect<TripEnded>();
        """ + End)
        .Replace("AddFlow<TripFlow>()", "AddFlow<TripFlow>().AddHandlers<Listener>()", StringComparison.Ordinal)
        + " public sealed class Listener { public void Handle(TripAsked e, MessageContext c) { } public void Handle(TripLate e, MessageContext c) { } }");
}
