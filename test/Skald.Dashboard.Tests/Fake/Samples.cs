using System.Text.Json;
using Skald.Management;

namespace Skald.Dashboard.Tests.Fake;

/// <summary>A system that has a bit of everything.</summary>
internal static class Samples
{
    public const string Order = "food-orders.order";
    public const string Restaurant = "food-orders.restaurant";
    public const string Accounting = "food-orders.accounting";
    public const string Consumer = "food-orders.consumer";
    public const string Booking = "parking-orchestration.booking";
    public const string Billing = "parking-orchestration.billing";
    public const string Travel = "travel.trips";
    public const string ParkedId = "01a1fb91-a6d3-78bf-948d-e9888f7795ae";
    public const string UndoFailedId = "01a1fb91-a6d3-78bf-948d-e9888f779001";
    public const string WaitingId = "01a1fb91-a6d3-78bf-948d-e9888f779002";

    public static DateTimeOffset Ago(double seconds) => FixedTime.Now.AddSeconds(-seconds);

    public static JsonElement Json(string text)
    {
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }

    public static IReadOnlyList<(string Name, string Kind, string? Service, string? Command, string? Undo, string? Nothing)> OrderSteps { get; } =
    [
        ("create order", "compensatable", null, null, "local", null),
        ("verify consumer", "compensatable", Consumer, "verify_consumer_details", null, "it only reads"),
        ("create ticket", "compensatable", Restaurant, "create_ticket", "reject_ticket", null),
        ("authorize card", "compensatable", Accounting, "authorize_card", "reverse_authorization", null),
        ("approve ticket", "pivot", Restaurant, "approve_ticket", null, "rejecting the ticket covers an approval too"),
        ("approve order", "retriable", null, null, null, null),
    ];

    public static DefinitionStep Step(int i) => new()
    {
        Name = OrderSteps[i].Name,
        Index = i,
        Stage = i,
        Kind = OrderSteps[i].Kind,
        Work = OrderSteps[i].Service is null ? "local" : "command",
        Service = OrderSteps[i].Service,
        Command = OrderSteps[i].Command,
        Undo = OrderSteps[i].Undo,
        NothingToUndo = OrderSteps[i].Nothing,
        WithinSeconds = OrderSteps[i].Service is null ? null : 30,
    };

    public static IReadOnlyList<SagaItem> Sagas { get; } =
    [
        Saga(ParkedId, "create-order", Order, "parked", "4711", "80.00 for consumer 70, 2 dishes", "approve ticket", "done done done done refused remaining", "The restaurant refused 3 times: oven is out. It waits for a person.", 758, 743)
            with { FailedStep = "approve ticket", Failure = new FailureInfo("KitchenClosed", "oven is out"), ParkReason = "'approve ticket' was refused 3 times: oven is out", Version = 9 },
        Saga(UndoFailedId, "create-order", Order, "parked", "4699", "12.50 for consumer 3, 1 dish", "create ticket", "done nothing-to-undo undo-failed undone remaining remaining", "Undoing 'create ticket' failed 8 times: the restaurant says that the ticket is being cooked. It waits for a person.", 5400, 5011)
            with { FailedStep = "authorize card", Failure = new FailureInfo("CardDeclined", "insufficient balance"), ParkReason = "undo of 'create ticket' failed 8 times: the ticket is being cooked", Version = 23 },
        Saga("01a1fb91-a6d3-78bf-948d-e9888f779010", "create-order", Order, "compensating", "4718", "31.00 for consumer 12, 3 dishes", "create ticket", "done nothing-to-undo undo-retrying undone remaining remaining", "Undoing: the ticket is being rejected, attempt 2 of 8, again in 4 s.", 42, 3),
        Saga("01a1fb91-a6d3-78bf-948d-e9888f779011", "book-slot", Booking, "running", "B-2207", null, "pay", "done done sent remaining remaining", "It waits for billing's answer, until 13:59:47, in 27 s.", 4, 2),
        Saga(WaitingId, "trip", Travel, "running", "T-0093", "Lisbon, 2 people, 4 nights", "customer confirms", "done done done waiting remaining remaining remaining", "It waits for trip-confirmed from a person, until tomorrow 09:00.", 262_000, 259_200),
        Saga("01a1fb91-a6d3-78bf-948d-e9888f779013", "create-order", Order, "completed", "4717", "22.00 for consumer 9, 1 dish", "approve order", "done done done done done done", "All 6 steps were done in 41 ms.", 9, 9),
        Saga("01a1fb91-a6d3-78bf-948d-e9888f779014", "book-slot", Booking, "compensated", "B-2206", null, "pay", "undone undone refused remaining remaining", "Turned back at 'pay': card declined. 2 undone, nothing is left.", 14, 13)
            with { FailedStep = "pay", Failure = new FailureInfo("CardDeclined", "card declined") },
        Saga("01a1fb91-a6d3-78bf-948d-e9888f779015", "settle-month-with-a-rather-long-name", "a-system-with-a-long-name.settlement-of-accounts", "running", "2026-11/customer-with-a-key-that-does-not-end-soon-0000000000000000000042", null, "collect", string.Join(' ', Enumerable.Repeat("done", 23).Concat(Enumerable.Repeat("sent", 3)).Concat(Enumerable.Repeat("remaining", 14))), "It waits for the answers of 3 services, until 14:30:00.", 86_400 * 3, 120),
        Saga("01a1fb91-a6d3-78bf-948d-e9888f779016", "create-order", Order, "parked", null, null, null, "", "Nobody here knows version 7 of 'create-order'.", 86_400 * 40, 86_400 * 39) with { Damage = "this process does not know version 7 of 'create-order'", Total = 0, PlanVersion = 7 },
        .. Enumerable.Range(0, 12).Select(i => Saga($"01a1fb91-a6d3-78bf-948d-e98888880{i:000}", "create-order", Order, "completed", $"{4600 + i}", $"{10 + i}.00 for consumer {i}, 1 dish", "approve order", "done done done done done done", $"All 6 steps were done in {30 + i} ms.", 100 + i, 100 + i)),
    ];

    public static SagaDetail Detail(SagaItem saga) => new()
    {
        Saga = saga,
        Headline = saga.Status switch
        {
            "parked" => $"{saga.Done} of {saga.Total} done, stands at: {saga.Step}",
            "running" => $"{saga.Done} of {saga.Total} done, next: {saga.Step}",
            "compensating" => $"{saga.Done} of {saga.Total} undone, next: {saga.Step}",
            _ => $"{saga.Done} of {saga.Total} done",
        },
        Plan = saga.Steps.Count == 6 ? [.. saga.Steps.Select(Plan)] : [.. saga.Steps.Select((s, i) => Plan(s, i) with { Step = Step(0) with { Name = s.Name, Index = i, Stage = i } })],
        State = Json("""
            {"orderId":4711,"consumerId":70,"cardId":1,"price":80.00,"big":123456789012345678901234567890,"items":[{"name":"Dish 1","quantity":1},{"name":"Dish 2","quantity":1}],"ticketId":812,"transactionId":5519,"cardNumber":"(sensitive)","note":null,"paid":true}
            """),
        Timers = saga.Status is "running" or "compensating" ? [new TimerItem(saga.Service, saga.Id, saga.Definition, saga.Step, "reply", FixedTime.Now.AddSeconds(27))] : [],
        Acts = Acts(saga),
        Links = [new LinkItem("trace", "https://traces.example/4bf92f3577b34da6a3ce929d0e0e4736"), new LinkItem("logs", "/logs?saga=" + saga.Id)],
        TraceParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    };

    public static IReadOnlyList<ActOffer> Acts(SagaItem saga)
    {
        var open = saga.EndedAt is null;
        var why = open ? null : $"It is {saga.Status}: there is nothing left to do.";
        return
        [
            new() { Act = "resume", Says = "It goes on where it stands.", Right = Rights.Operate, Allowed = saga.Status is "parked", WhyNot = saga.Status is "parked" ? null : "It does not stand still." },
            new() { Act = "retry", Says = "Asks the open step's participant again.", Right = Rights.Operate, Allowed = open, WhyNot = why },
            new() { Act = "skip", Says = "It goes on without a step, or without its undo.", Right = Rights.Administer, Allowed = open, WhyNot = why, Steps = open ? [saga.Step ?? "create order", "approve order"] : [] },
            new() { Act = "compensate", Says = "Undoes what was done, in reverse order.", Right = Rights.Administer, Allowed = open, WhyNot = why },
            new() { Act = "go-on-from", Says = "Undoes what was done from a step on, and does it again from there.", Right = Rights.Administer, Allowed = open, WhyNot = why, Steps = open ? ["create ticket", "authorize card"] : [] },
            new() { Act = "pause", Says = "It stands still until it is resumed.", Right = Rights.Operate, Allowed = saga.Status is "running", WhyNot = saga.Status is "running" ? null : "It stands still already." },
            new() { Act = "edit", Says = "Changes its state.", Right = Rights.Administer, Allowed = open, WhyNot = why },
            new() { Act = "cancel", Says = "Asks it to turn back.", Right = Rights.Operate, Allowed = false, WhyNot = "It is parked: use compensate." },
            new() { Act = "move-timer", Says = "A step's time comes at another time.", Right = Rights.Operate, Allowed = saga.Status is "running", WhyNot = "No step of it waits for a time.", Steps = [saga.Step ?? "create order"] },
            new() { Act = "raise", Says = "Gives it an event that it waits for.", Right = Rights.Operate, Allowed = saga.Id == WaitingId, WhyNot = "It waits for no event.", Events = ["trip_confirmed", "trip_declined"] },
            new() { Act = "hold", Says = "It is not removed after its end.", Right = Rights.Operate, Allowed = true },
        ];
    }

    private static PlanStep Plan(StepMark mark, int i) => new()
    {
        Step = i < OrderSteps.Count ? Step(i) with { Name = mark.Name } : Step(0) with { Name = mark.Name, Index = i, Stage = i },
        State = mark.State,
        Says = mark.State switch
        {
            "done" => i == 0 ? "order 4711 was written here" : "answered at once",
            "refused" => "restaurant refused 3 times: oven is out",
            "undo-failed" => "restaurant could not undo it, 8 times",
            "nothing-to-undo" => "it only reads",
            "sent" => "billing was asked, attempt 1 of 3",
            "waiting" => "trip-confirmed, from a person",
            "undo-retrying" => "restaurant is asked to reject the ticket, attempt 2 of 8",
            "undone" => "undone",
            _ => "comes later",
        },
        Attempt = 1,
        Due = mark.State is "sent" or "undo-retrying" ? FixedTime.Now.AddSeconds(27) : null,
    };

    private static SagaItem Saga(string id, string definition, string service, string status, string? key, string? summary, string? step, string states, string why, double started, double updated)
    {
        var marks = states.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select((s, i) => new StepMark(i < OrderSteps.Count && definition is "create-order" ? OrderSteps[i].Name : $"step {i + 1}", s)).ToList();
        return new SagaItem
        {
            Service = service,
            Id = id,
            Definition = definition,
            PlanVersion = 3,
            Version = 4,
            Status = status,
            Key = key,
            Summary = summary,
            Step = step,
            Steps = marks,
            Done = marks.Count(m => status is "compensating" or "compensated" ? m.State is "undone" or "nothing-to-undo" : m.State is "done"),
            Total = marks.Count,
            Why = why,
            StartedAt = Ago(started),
            UpdatedAt = Ago(updated),
            EndedAt = status is "completed" or "compensated" ? Ago(updated) : null,
        };
    }
}
