using Skald.Management;

namespace Skald.Dashboard.Tests.Fake;

/// <summary>All that is no saga.</summary>
internal static class Others
{
    public static IReadOnlyList<ServiceInfo> Services { get; } =
    [
        Service(Samples.Order) with { Sagas = ["create-order"], AsyncApi = "/food-orders/order/asyncapi", Sends = [.. Samples.OrderSteps.Where(s => s.Service is not null).Select(s => new CommandLink(s.Command!, s.Service!, s.Service!, [$"create-order: {s.Name}"]))], Projections = ["orders"] }, // Those that have a service have a command.
        Service(Samples.Consumer) with { Handles = ["verify_consumer_details"] },
        Service(Samples.Restaurant) with { Handles = ["create_ticket", "approve_ticket", "reject_ticket"], Problem = "its database cannot be reached" },
        Service(Samples.Accounting) with { Handles = ["authorize_card", "reverse_authorization"] },
        Service(Samples.Booking) with { Sagas = ["book-slot"], Sends = [new("pay", Samples.Billing, Samples.Billing, ["book-slot: pay"])] },
        Service("storefront.orders") with { Flows = ["order"], Publishes = [new("order_created", "storefront.orders")], Subscribes = [new("payment_created", "storefront.payments", "storefront.orders.events")] },
        Service("storefront.inventory") with { Publishes = [new("inventory_updated", "storefront.inventory")], Subscribes = [new("order_created", "storefront.orders", "storefront.inventory.events")] },
        Service("storefront.payments") with { Publishes = [new("payment_created", "storefront.payments")], Subscribes = [new("inventory_updated", "storefront.inventory", "storefront.payments.events")] },
        Service(Samples.Travel) with { Sagas = ["trip"], Awaits = ["trip_confirmed", "trip_declined"] },
    ];

    public static IReadOnlyList<DefinitionInfo> Definitions { get; } =
    [
        new(Samples.Order, "create-order", 3, true, [.. Samples.OrderSteps.Select((_, i) => Samples.Step(i))]),
        new(Samples.Order, "create-order", 2, false, [.. Samples.OrderSteps.Take(4).Select((_, i) => Samples.Step(i))]),
        new(Samples.Booking, "book-slot", 1, true, [Samples.Step(0) with { Name = "pay" }]),
    ];

    public static IReadOnlyList<SagaGroup> Groups { get; } =
    [
        new(Samples.Order, "create-order", "parked", "approve ticket", "KitchenClosed", new CappedCount(500, false), Samples.Ago(9000), Samples.ParkedId, "status:parked service:food-orders.order saga:create-order step:\"approve ticket\""),
        new(Samples.Order, "create-order", "parked", "create ticket", "undo failed", new CappedCount(1, false), Samples.Ago(5400), Samples.UndoFailedId, "status:parked service:food-orders.order saga:create-order step:\"create ticket\""),
        new(Samples.Order, "create-order", "parked", null, null, new CappedCount(1, false), Samples.Ago(86_400 * 40), Samples.Sagas[8].Id, "status:parked service:food-orders.order saga:create-order"),
    ];

    public static IReadOnlyList<LetterGroup> LetterGroups { get; } =
    [
        new(Samples.Accounting, "JsonException: 'price' is no number. Path: $.price", new CappedCount(7, false), Samples.Ago(4000), 46), new("storefront.inventory", "The envelope cannot be read.", new CappedCount(1, false), Samples.Ago(86_400 * 3), 3),
    ];

    public static IReadOnlyList<JobItem> Jobs { get; } =
    [
        new()
        {
            Service = Samples.Order, Id = "job-1", Q = "status:parked step:\"approve ticket\"", Act = new ActRequest { Act = "retry", Reason = "the oven is mended" }, Status = "running", PerSecond = 10, Total = new CappedCount(500, false),
            Done = 217, Refused = 3, Failed = 1, Actor = "ana", Reason = "the oven is mended", StartedAt = Samples.Ago(22), Why = "It acts on 10 sagas a second; 279 remain, about 28 s.",
        },
        new()
        {
            Service = Samples.Order, Id = "job-2", Q = "status:parked", Act = new ActRequest { Act = "compensate" }, Status = "done", PerSecond = 0.5, Total = new CappedCount(10_000, true),
            Done = 12_004, Refused = 0, Failed = 0, StartedAt = Samples.Ago(90_000), EndedAt = Samples.Ago(65_000), Why = "It is done.",
        },
    ];

    public static IReadOnlyList<JobLine> JobLines { get; } =
    [
        new(1, Samples.ParkedId, "done", null, Samples.Ago(21.9)), new(2, Samples.UndoFailedId, "refused", "It had moved on: it is running.", Samples.Ago(21.8)), new(3, Samples.WaitingId, "failed", "Its service did not answer.", Samples.Ago(21.7)),
    ];

    public static IReadOnlyList<AuditItem> Audit { get; } =
    [
        new(Samples.Order, 41, Samples.Ago(30), "ana", "edit", "saga", Samples.ParkedId, "the price was wrong", """{"price":80}""", """{"price":75}""", "done"),
        new(Samples.Order, 40, Samples.Ago(60), null, "compensate", "saga", Samples.UndoFailedId, null, null, null, "The point of no return is passed: it cannot turn back."),
        new(Samples.Accounting, 7, Samples.Ago(90), "ben", "replay", "dead-letter", "41", "fixed", null, null, "done"),
    ];

    public static IReadOnlyList<ProcessItem> Processes { get; } =
    [
        new(Samples.Order, 17, "web-1, process 4711", true, Samples.Ago(90_000), null, null), new(Samples.Order, 16, "web-2, process 812", false, Samples.Ago(190_000), Samples.Ago(40), ["create-order 3", "create-order 2"]),
        new(Samples.Accounting, 4, null, true, null, null, null),
    ];

    public static IReadOnlyList<FlowItem> Flows { get; } =
    [
        Flow("order-17", "running", "It waits for payment_created of payments, until 14:00:20, in 59 s.", "inventory_updated") with { NextAt = FixedTime.Now.AddSeconds(59) },
        Flow("order-16", "stuck", "payment_created of payments is overdue by 12 min.", "inventory_updated") with { NextAt = Samples.Ago(720) },
        Flow("order-15", "completed", "It ended well in 3 s.", "payment_created"),
        Flow("order/14 with a slash", "undone", "It ended undone: payment_failed.", "payment_failed"),
    ];

    public static IReadOnlyList<TimerItem> Timers { get; } =
    [
        new(Samples.Order, Samples.ParkedId, "create-order", "create ticket", "undo retry", Samples.Ago(95)),
        new(Samples.Booking, "01a1fb91-a6d3-78bf-948d-e9888f779011", "book-slot", "pay", "reply", FixedTime.Now.AddSeconds(27)),
        new(Samples.Travel, Samples.WaitingId, "trip", "customer confirms", "event", FixedTime.Now.AddHours(19)),
    ];

    public static IReadOnlyList<DelayedItem> Delayed { get; } =
    [
        new() { Service = Samples.Accounting, Id = "01a1fb91-0000-78bf-948d-e9888f779999", Message = Message("authorize_card"), Attempts = 4, Waits = 0, Due = FixedTime.Now.AddSeconds(8), Reason = "HttpRequestException: the card provider does not answer" },
        new() { Service = "storefront.payments", Id = "01a1fb91-0000-78bf-948d-e9888f779998", Attempts = 1, Waits = 3, Due = FixedTime.Now.AddSeconds(1), Reason = "it came before event 41 of its stream" },
    ];

    public static IReadOnlyList<DeadLetterItem> Letters { get; } =
    [
        .. Enumerable.Range(0, 7).Select(i => new DeadLetterItem { Service = Samples.Accounting, Number = 40 + i, Message = Message("authorize_card"), Reason = "JsonException: 'price' is no number. Path: $.price", Attempts = 12, At = Samples.Ago(4000 - (i * 60)), SizeBytes = 212 + i, CanReplay = true }),
        new() { Service = "storefront.inventory", Number = 3, Reason = "The envelope cannot be read.", Attempts = 1, At = Samples.Ago(86_400 * 3), SizeBytes = 1_200_000, CanReplay = false },
    ];

    public static IReadOnlyList<ProjectionItem> Projections { get; } =
    [
        Projection("orders", "current", "It contains all events.", 0, 0),
        Projection("bookings-by-day", "catching-up", "It is 1,204 events behind, by 3 s.", 1204, 3.2) with { Rebuild = new RebuildInfo("running", 61_204, 180_000, 42) },
        Projection("invoices", "stopped", "It stands still at event 77,120: 'total' is missing. A person has to look.", 312, 5400) with { Problem = "KeyNotFoundException: 'total' is missing", StopsAt = "77120", Attempts = 9, RetryAt = FixedTime.Now.AddMinutes(4), Rebuild = new RebuildInfo("failed", 77_119, 180_000, 12, "'total' is missing") },
    ];

    public static StreamHistory Stream { get; } = new(Samples.Booking, "booking", "B-2207",
        [
            new() { Version = 1, Position = "901", Type = "booking_created", Body = Samples.Json("""{"slot":"A-7","from":"2026-12-01T08:00:00Z","price":12.5}"""), At = Samples.Ago(4000), Correlation = "01a1fb91-a6d3-78bf-948d-e9888f779011", Actor = "ana" },
            new() { Version = 2, Position = "955", Type = "booking_paid", Body = Samples.Json("""{"invoice":88123456789012345678}"""), At = Samples.Ago(3900) },
            new() { Version = 3, Position = "960", Type = "card_stored", BodyHidden = "You need the right 'payloads' to see it.", At = Samples.Ago(10) },
        ], null);

    public static MetricsReport Metrics { get; } = new(FixedTime.Now, 10,
        [.. Services.Select((s, n) => new ServiceMetrics
        {
            Service = s.Service,
            Open = new Dictionary<string, CappedCount> { ["running"] = new(12 * n, false), ["compensating"] = new(n, false), ["parked"] = new(n == 0 ? 3 : 0, false) },
            Outbox = new CappedCount(n * 3, false),
            P50Seconds = 0.038,
            P95Seconds = 0.11,
            P99Seconds = 0.212 + n,
            Series = [.. Enumerable.Range(0, 30).Select(i => new MetricPoint(Samples.Ago(300 - (i * 10)), 40 + (i * 7 % 13), 39 + (i * 5 % 11), i % 4, i == 20 ? 2 : 0, 120 + i, 0))],
        })]);

    public static FlowDetail Detail(FlowItem flow) => new()
    {
        Flow = flow,
        Events =
        [
            new("order_created", "storefront.orders", "starts", Samples.Ago(30)), new("inventory_updated", "storefront.inventory", "happens", Samples.Ago(28)),
            new("payment_created", "storefront.payments", "completes", flow.Status is "completed" ? Samples.Ago(20) : null), new("payment_failed", "storefront.payments", "ends-undone", flow.Status is "undone" ? Samples.Ago(20) : null),
        ],
        Waits = flow.NextAt is null ? [] : [new("inventory_updated", [new("payment_created", "storefront.payments", "completes", null), new("payment_failed", "storefront.payments", "ends-undone", null)], Samples.Ago(28), flow.NextAt)],
        Timeline =
        [
            new() { Service = "storefront.orders", At = Samples.Ago(30), Version = 1, Kind = "published", Step = "order_created", Says = "published order_created" },
            new() { Service = "storefront.inventory", At = Samples.Ago(29), Version = 1, Kind = "received", Step = "order_created", Says = "received order_created" },
            new() { Service = "storefront.inventory", At = Samples.Ago(28), Version = 1, Kind = "published", Step = "inventory_updated", Says = "published inventory_updated" },
        ],
    };

    public static DeadLetterDetail Detail(DeadLetterItem letter) => new()
    {
        Letter = letter,
        Headers = new Dictionary<string, string> { ["type"] = "authorize_card", ["source"] = Samples.Order, ["id"] = "01a1fb91-0000-78bf-948d-e9888f779999", ["traceparent"] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", ["step"] = "authorize card" },
        Body = letter.CanReplay ? """{"cardId":1,"price":"eighty","order":{"id":4711,"lines":[1,2,3]}}""" : "\u0001\u0002 not a message",
        IsJson = letter.CanReplay,
    };

    public static ActForecast Forecast(SagaItem saga, ActRequest act) => act.Act switch
    {
        "compensate" => new()
        {
            Act = "compensate", Version = saga.Version, Before = saga.Status, After = "compensating", End = "compensated",
            Now = [new() { Kind = "sends", Step = "authorize card", Undo = true, Command = "reverse_authorization", Service = Samples.Accounting, Says = "accounting is asked to undo 'authorize card': reverse_authorization" }],
            Then =
            [
                new() { Kind = "sends", Step = "create ticket", Undo = true, Command = "reject_ticket", Service = Samples.Restaurant, Says = "restaurant is asked to undo 'create ticket': reject_ticket" },
                new() { Kind = "nothing-to-undo", Step = "verify consumer", Says = "nothing is to be undone of 'verify consumer': it only reads" },
                new() { Kind = "runs", Step = "create order", Undo = true, Says = "the undo of 'create order' runs here" },
            ],
            InDoubt = [new("approve ticket", "The restaurant was asked and did not answer: rejecting the ticket covers an approval too.")],
        },
        "skip" when act.Step is "approve order" => new() { Act = "skip", Version = saga.Version, Before = saga.Status, After = saga.Status, Refused = "'approve order' was not reached: only what is open can be skipped." },
        "edit" => new() { Act = "edit", Version = saga.Version, Before = saga.Status, After = saga.Status, State = Samples.Json("""{"orderId":4711,"price":75}""") },
        _ => new()
        {
            Act = act.Act!, // Every act has a name.
            Version = saga.Version, Before = saga.Status, After = "running", End = "completed",
            Now = [new() { Kind = "sends", Step = saga.Step ?? "", Command = "approve_ticket", Service = Samples.Restaurant, Attempt = 4, Says = $"restaurant is asked to do '{saga.Step}': approve_ticket, attempt 4" }],
            Then = [new() { Kind = "runs", Step = "approve order", Says = "'approve order' runs here" }],
            Stays = ["create order"],
        },
    };

    private static ServiceInfo Service(string name) => new() { Service = name, Store = "SQLite 3.53.4, order.db, synchronous=FULL", Transport = "embedded", CommandQueue = name, ReplyQueue = name + ".replies" };

    private static FlowItem Flow(string id, string status, string why, string last) => new() { Service = "storefront.orders", Id = id, Flow = "order", Status = status, Why = why, Last = last, Cursor = id, StartedAt = Samples.Ago(30), UpdatedAt = Samples.Ago(20) };

    private static ProjectionItem Projection(string name, string state, string why, long behind, double seconds) =>
        new() { Service = Samples.Order, Name = name, Store = "SQLite, orders.projector.db", State = state, Position = "180000", LagEvents = new CappedCount(behind, false), LagSeconds = seconds, Why = why };

    private static MessageInfo Message(string type) => new() { Type = type, Kind = "command", Id = "01a1fb91-0000-78bf-948d-e9888f779999", Source = Samples.Order, Destination = Samples.Accounting, Saga = Samples.ParkedId, Step = "authorize card", Time = Samples.Ago(4000) };
}
