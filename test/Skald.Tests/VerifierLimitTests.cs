using Skald.Testing;
using Xunit;

namespace Skald.Tests;

public sealed class A_verification_that_has_more_to_explore_than_it_may(ITestOutputHelper output)
{
    private readonly SagaVerification _verification = SagaVerifier.For(TripSagas.WithParallel.Plan()).StartedWith(new Trip("T1")).WithSample(new SeatReserved("12A")).WithSample(new RoomBooked("101"));

    [Fact]
    public void Says_how_long_the_stories_are_that_hold_and_what_to_lower()
    {
        var report = _verification.AtMost(2_000).Verify();

        output.WriteLine(report.ToString());
        Assert.False(report.Complete);
        Assert.InRange(report.Explored ?? 0, 1, 100);
        var refused = Assert.Throws<SkaldAssertionException>(() => report.ShouldHold());
        Assert.Contains($"stories of up to {report.Explored} events hold, longer ones were not explored. Let less go wrong at once, such as .Faults(f => f with {{ Losses = 0 }})", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Reaches_further_the_more_it_may() => Assert.True(_verification.AtMost(20_000).Verify().Explored > _verification.AtMost(1_000).Verify().Explored);

    /// <summary>What it tells people to lower is what multiplies stories most.</summary>
    [Fact]
    public void Names_the_fault_that_multiplies_stories_most()
    {
        int StatesOf(Func<Faults, Faults> change)
        {
            var report = SagaVerifier.For(TripSagas.WithParallel.Plan()).StartedWith(new Trip("T1")).WithSample(new SeatReserved("12A")).WithSample(new RoomBooked("101")).Faults(change).Verify();
            Assert.True(report.Complete);
            return report.States;
        }

        (string Fault, int States)[] without =
        [
            ("Losses", StatesOf(f => f with { Losses = 0 })), ("Duplicates", StatesOf(f => f with { Duplicates = 0 })), ("Timeouts", StatesOf(f => f with { Timeouts = 0 })),
            ("Refusals", StatesOf(f => f with { Refusals = 0 })), ("UndoFailures", StatesOf(f => f with { UndoFailures = 0 })),
        ];
        output.WriteLine(string.Join(", ", without));
        Assert.Equal("Losses", without.MinBy(w => w.States).Fault);
    }
}
