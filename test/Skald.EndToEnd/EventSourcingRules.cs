using ParkingEventSourcing.Booking;
using ParkingEventSourcing.Contracts;
using ParkingEventSourcing.Parking;

namespace Skald.EndToEnd;

/// <summary>The rules of the event-sourced parking, without any service.</summary>
public sealed class EventSourcingRules
{
    private static readonly string[] Statuses = [BookingStatus.Created, BookingStatus.Reserved, BookingStatus.Completed, BookingStatus.Cancelled];

    [Fact]
    public void Only_the_transitions_of_the_table_are_granted()
    {
        var granted = from status in Statuses
                      from next in Statuses
                      where new BookingState("slot", status).Refusal("b", next) is null
                      select $"{status} to {next}";

        Assert.Equal(["created to reserved", "created to cancelled", "reserved to completed", "reserved to cancelled"], granted);
    }

    [Fact]
    public void A_booking_is_the_fold_of_its_events() =>
        Assert.Equal(
            new BookingState("slot", BookingStatus.Completed),
            new BookingAggregate().Fold([new BookingCreated("slot"), new BookingReserved(), new BookingCompleted()]));

    [Theory]
    [InlineData("c", "crd", "reserved 2")]
    [InlineData("cX", "crd", "reserved 2")]
    [InlineData("crX", "crd", "reserved 2")]
    [InlineData("crd", "cX", "reserved 1")]
    [InlineData("cX", "cX", "available")]
    public void Whatever_the_order_in_which_two_bookings_events_come_the_slot_ends_alike(string first, string second, string expected) =>
        Assert.Equal([expected], After([("1", first), ("2", second)]).Distinct());

    [Fact]
    public void A_slot_that_is_closed_or_unknown_is_nobodys_and_each_booking_hears_so_once()
    {
        var closed = new SlotHolding("reserved", null);

        Assert.Equal((closed, "1"), Told(SlotRules.Decide(closed, [new Claim("1", "created", false), new Claim("2", "reserved", true)])));
        Assert.Equal((null, "1"), Told(SlotRules.Decide(null, [new Claim("1", "reserved", false)])));

        static (SlotHolding?, string) Told(SlotDecision decision) => (decision.Slot, string.Join(",", decision.Refused));
    }

    /// <summary>How the slot ends, for each order in which the events can come: those of one booking keep theirs.</summary>
    private static IEnumerable<string> After((string Booking, string Events)[] bookings) =>
        Interleavings(bookings.SelectMany(b => Enumerable.Repeat(b.Booking, b.Events.Length)).Order().ToArray())
            .Select(order => Play(order, bookings.ToDictionary(b => b.Booking, b => new Queue<char>(b.Events))));

    private static string Play(IEnumerable<string> order, Dictionary<string, Queue<char>> events)
    {
        var slot = new SlotHolding("available", null);
        var claims = new SortedDictionary<string, Claim>();
        foreach (var booking in order)
        {
            var status = events[booking].Dequeue() switch { 'c' => "created", 'r' => "reserved", 'd' => "completed", _ => "cancelled" };
            claims[booking] = new Claim(booking, status, claims.GetValueOrDefault(booking)?.Refused ?? false);
            if (status == "cancelled")
            {
                claims.Remove(booking);
            }

            var decision = SlotRules.Decide(slot, [.. claims.Values]);
            slot = decision.Slot!;
            foreach (var refused in decision.Refused)
            {
                claims[refused] = claims[refused] with { Refused = true };
            }
        }

        return $"{slot.Status} {slot.Owner}".TrimEnd();
    }

    private static IEnumerable<string[]> Interleavings(string[] left) => left.Length == 0
        ? [[]]
        : left.Distinct().SelectMany(first => Interleavings(Without(left, first)).Select(rest => (string[])[first, .. rest]));

    private static string[] Without(string[] from, string one)
    {
        var rest = from.ToList();
        rest.Remove(one);
        return [.. rest];
    }
}
