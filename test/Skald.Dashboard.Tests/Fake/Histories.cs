using Skald.Management;

namespace Skald.Dashboard.Tests.Fake;

/// <summary>What happened to the samples.</summary>
internal static class Histories
{
    public static Timeline Of(SagaItem saga, int skip, int limit)
    {
        if (saga.Definition is "settle-month-with-a-rather-long-name")
        {
            // 20,000 transactions.
            var part = Enumerable.Range(skip, Math.Min(limit, 20_000 - skip))
                .Select(i => Item(saga.Service, 250_000 - (i * 12), i % 2 == 0 ? "sent" : "done", $"step {(i / 2 % 40) + 1}", i % 2 == 0 ? $"collect was sent, attempt {i}" : "collect was answered", i)).ToList();
            return new Timeline(part, skip, skip + limit < 20_000 ? skip + limit : null, 20_000);
        }

        var all = saga.Id == Samples.WaitingId ? Trip(saga) : saga.Id == Samples.UndoFailedId ? UndoFailed(saga) : Order(saga);
        return new Timeline(all, 0, null, all.Count);
    }

    public static Exchanges Exchanges(SagaItem saga) => saga.Id == Samples.WaitingId ? new([new(saga.Service)], []) : new(
        [new(Samples.Order), new(Samples.Consumer), new(Samples.Restaurant), new(Samples.Accounting, saga.Id == Samples.UndoFailedId ? "It did not answer within 2 s." : null)],
        [
            new() { Index = 0, From = Samples.Order, To = Samples.Order, Kind = "local", Step = "create order", Outcome = "answered", Detail = "order 4711 written" },
            new() { Index = 1, Cause = 0, From = Samples.Order, To = Samples.Consumer, Kind = "command", Message = "verify_consumer_details", Step = "verify consumer", Attempt = 1, Outcome = "answered", At = Samples.Ago(757) },
            new() { Index = 2, Cause = 1, From = Samples.Consumer, To = Samples.Order, Kind = "reply", Message = "consumer_verified", Step = "verify consumer", Outcome = "answered", Seconds = 0.004 },
            new() { Index = 3, Cause = 2, From = Samples.Order, To = Samples.Restaurant, Kind = "command", Message = "create_ticket", Step = "create ticket", Attempt = 1, Outcome = "answered" },
            new() { Index = 4, Cause = 3, From = Samples.Restaurant, To = Samples.Order, Kind = "reply", Message = "ticket_created", Detail = "ticket 812", Outcome = "answered", Seconds = 0.011 },
            new() { Index = 5, Cause = 4, From = Samples.Order, To = Samples.Accounting, Kind = "command", Message = "authorize_card", Attempt = 1, Outcome = "answered" },
            new() { Index = 6, Cause = 5, From = Samples.Accounting, To = Samples.Order, Kind = "reply", Message = "card_authorized", Detail = "transaction 5519", Outcome = "answered", Seconds = 0.23 },
            new() { Index = 7, Cause = 6, From = Samples.Order, To = Samples.Restaurant, Kind = "command", Message = "approve_ticket", Attempt = 1, Outcome = "refused" },
            new() { Index = 8, Cause = 7, From = Samples.Restaurant, To = Samples.Order, Kind = "refusal", Message = "KitchenClosed", Detail = "oven is out", Outcome = "refused", Seconds = 0.006 },
            new() { Index = 9, Cause = 8, From = Samples.Order, To = Samples.Restaurant, Kind = "command", Message = "approve_ticket", Attempt = 2, Outcome = "timed-out" },
            new() { Index = 10, Cause = 9, From = Samples.Order, To = Samples.Restaurant, Kind = "command", Message = "approve_ticket", Attempt = 3, Outcome = "refused" },
            new() { Index = 11, Cause = 10, From = Samples.Restaurant, To = Samples.Order, Kind = "refusal", Message = "KitchenClosed", Detail = "oven is out, and nobody knows when it will be mended because the mechanic is ill", Outcome = "refused" },
            new() { Index = 12, Cause = 11, From = Samples.Order, To = Samples.Accounting, Kind = "command", Undo = true, Message = "reverse_authorization", Attempt = 1, Outcome = "open" },
        ]);

    private static List<TimelineItem> Order(SagaItem saga) =>
    [
        Item(saga.Service, 758.0, "started", null, "started: 80.00 for consumer 70", 1),
        Item(saga.Service, 757.99, "done", "create order", "create order: order 4711 was written", 1),
        Item(saga.Service, 757.98, "sent", "verify consumer", "verify consumer: consumer was asked", 1),
        Item(saga.Service, 757.90, "done", "verify consumer", "verify consumer: done", 2),
        Item(saga.Service, 757.90, "sent", "create ticket", "create ticket: restaurant was asked", 2),
        Item(saga.Service, 757.60, "done", "create ticket", "create ticket: ticket 812", 3),
        Item(saga.Service, 757.60, "sent", "authorize card", "authorize card: accounting was asked", 3),
        Item(saga.Service, 756.40, "done", "authorize card", "authorize card: transaction 5519", 4),
        Item(saga.Service, 756.40, "sent", "approve ticket", "approve ticket: restaurant was asked", 4),
        Item(saga.Service, 754.10, "refused", "approve ticket", "approve ticket: refused, oven is out", 5),
        Item(saga.Service, 754.10, "retrying", "approve ticket", "approve ticket: again in 5 s", 5),
        Item(saga.Service, 749.10, "sent", "approve ticket", "approve ticket: restaurant was asked, attempt 2 of 3", 6),
        Item(saga.Service, 748.20, "refused", "approve ticket", "approve ticket: refused, oven is out", 7),
        Item(saga.Service, 745.00, "sent", "approve ticket", "approve ticket: restaurant was asked, attempt 3 of 3", 8),
        Item(saga.Service, 743.00, "refused", "approve ticket", "approve ticket: refused, oven is out", 9),
        Item(saga.Service, 743.00, "parked", null, "parked: restaurant refused 3 times", 9),
    ];

    private static List<TimelineItem> UndoFailed(SagaItem saga) =>
    [
        .. Order(saga).Take(7),
        Item(saga.Service, 756.40, "refused", "authorize card", "authorize card: refused, insufficient balance", 4),
        Item(saga.Service, 756.40, "compensating", null, "turns back", 4),
        Item(saga.Service, 756.30, "undoing", "authorize card", "authorize card: is being undone", 4),
        Item(saga.Service, 755.10, "undone", "authorize card", "authorize card: undone", 5),
        Item(saga.Service, 755.10, "undoing", "create ticket", "create ticket: is being undone", 5),
        Item(saga.Service, 752.10, "undo-failed", "create ticket", "create ticket: could not be undone", 6),
        Item(saga.Service, 751.10, "undoing", "create ticket", "create ticket: is being undone, attempt 8 of 8", 6) with { Actor = "ana", Reason = "the cook says it is off" },
        Item(saga.Service, 750.10, "undo-failed", "create ticket", "create ticket: could not be undone: it is being cooked", 7),
        Item(saga.Service, 750.10, "parked", null, "parked: the undo of create ticket failed 8 times", 7),
    ];

    private static List<TimelineItem> Trip(SagaItem saga) =>
    [
        Item(saga.Service, 262_000, "started", null, "started: Lisbon, 2 people", 1),
        Item(saga.Service, 261_999, "sent", "reserve flight", "reserve flight: airline was asked", 1),
        Item(saga.Service, 261_998, "sent", "reserve hotel", "reserve hotel: hotel was asked", 1),
        Item(saga.Service, 261_995, "done", "reserve flight", "reserve flight: done", 2),
        Item(saga.Service, 261_991, "done", "reserve hotel", "reserve hotel: done", 3),
        Item(saga.Service, 261_990, "waiting", "customer confirms", "customer confirms: waits for trip-confirmed", 3),
        Item(saga.Service, 12, "done", "customer confirms", "customer confirms: the event came", 4),
        Item(saga.Service, 12, "sent", "charge card", "charge card: bank was asked", 4),
    ];

    private static TimelineItem Item(string service, double ago, string kind, string? step, string says, long version) =>
        new() { Service = service, At = Samples.Ago(ago), Version = version, Kind = kind, Step = step, Says = says };
}
