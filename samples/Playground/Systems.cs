namespace Playground;

/// <summary>A link on the home page.</summary>
/// <param name="Path">Where it leads.</param>
/// <param name="Text">What is there.</param>
public sealed record Link(string Path, string Text);

/// <summary>A system as the home page introduces it.</summary>
/// <param name="Name">Its name, the prefix of its services.</param>
/// <param name="Title">Its title.</param>
/// <param name="Story">What it does, in a few sentences.</param>
/// <param name="Links">What it serves.</param>
/// <param name="Commands">What to try, in order.</param>
public sealed record PlaygroundSystem(string Name, string Title, string Story, IReadOnlyList<Link> Links, Func<Place, IReadOnlyList<string>> Commands);

/// <summary>The systems of this Playground.</summary>
public static class Systems
{
    /// <summary>All of them, in the order of the home page.</summary>
    public static readonly IReadOnlyList<PlaygroundSystem> All =
    [
        new("parking-orchestration", "Parking, orchestrated",
            "A driver books a parking slot. The slot is blocked, the bill is paid, the slot is reserved, the booking is completed. "
            + "If a payment or a reservation is refused, the money is returned first, then the slot is freed.",
            [
                new("/parking-orchestration/bookings", "The bookings"),
                new("/parking-orchestration/booking/health", "Booking's health"),
                new("/parking-orchestration/billing/health", "Billing's health"),
                new("/parking-orchestration/parking/health", "Parking's health"),
            ],
            place =>
            [
                place.Cli("ParkingOrchestration/Parking", "create_parking_slot --name 'Slot 1'"),
                place.Cli("ParkingOrchestration/Booking", "create_booking_request SLOT_UUID"),
                $"curl -i {place.Address}/parking-orchestration/bookings --json '{{\"parkingSlotUuid\":\"SLOT_UUID\"}}'",
                $"curl {place.Address}/parking-orchestration/bookings/1",
                place.Cli("ParkingOrchestration/Parking", "fail_next --count 1"),
                place.Cli("ParkingOrchestration/Billing", "billing_request_list"),
            ]),
        new("parking-choreography", "Parking, choreographed",
            "The same parking, with nobody in charge. Each service reacts to the events of the others: a booking is created, its bill is paid, the slot is reserved. "
            + "The first paid booking gets the slot; every other one has failed, and its money is returned.",
            [
                new("/parking-choreography/flows", "The flows, the stuck ones first"),
                new("/parking-choreography/booking/health", "Booking's health"),
                new("/parking-choreography/billing/health", "Billing's health"),
                new("/parking-choreography/parking/health", "Parking's health"),
            ],
            place =>
            [
                place.Cli("ParkingChoreography/Parking", "create_parking --name 'Slot 1'"),
                place.Cli("ParkingChoreography/Booking", "create_booking --parking_slot_uuid SLOT_UUID"),
                place.Cli("ParkingChoreography/Billing", "pay_bill --ref_no SLOT_UUID --amount 100"),
                place.Cli("ParkingChoreography/Booking", "booking_list"),
                place.Cli("ParkingChoreography/Booking", "flows"),
                $"curl {place.Address}/parking-choreography/flows",
            ]),
        new("food-orders", "Food orders",
            "A consumer orders food. The consumer is verified, the restaurant makes out a ticket, the card is charged, and the restaurant starts to cook. "
            + "Whoever says no, or takes longer than five seconds, makes the order turn back: every step is undone in reverse.",
            [
                new("/food-orders", "Home page: start a saga with a click"),
                new("/food-orders/run-success-saga", "Run one that succeeds"),
                new("/food-orders/run-saga-failing-on-card-authorization", "Run one whose card is declined"),
                new("/food-orders/orders", "The newest orders"),
                new("/food-orders/accounting/card-provider/authorizations", "The card provider's own books"),
            ],
            place =>
            [
                $"curl {place.Address}/food-orders/run-success-saga",
                $"curl -i {place.Address}/food-orders/orders -H 'Idempotency-Key: lunch-1' --json '{{\"consumerId\":70,\"cardId\":1,\"price\":20,\"items\":[{{\"name\":\"Dish 1\",\"quantity\":2}}]}}'",
                $"curl {place.Address}/food-orders/orders/1",
                place.Cli("FoodOrders/RestaurantService", "ticket_list"),
            ]),
        new("storefront", "Storefront",
            "A shop without a conductor: orders, inventory and payments react to each other's events. If one of them says no, the janitor has "
            + "stock and order undone, once, and tells everybody.",
            [
                new("/storefront", "The shop: place an order, watch it live"),
                new("/storefront/flows", "The flows, the stuck ones first"),
            ],
            place =>
            [
                place.Cli("Storefront/Frontend", "data-init"),
                $"curl -i {place.Address}/storefront/order --json '{{\"item\":\"widget\",\"quantity\":50,\"user\":\"jack\"}}'",
                place.Cli("Storefront/Frontend", "subscriptions pull payment-created-sub --auto-ack"),
                $"curl -i {place.Address}/storefront/order --json '{{\"item\":\"wotsit\",\"quantity\":80,\"user\":\"jill\",\"payment-error\":\"null\"}}'",
                place.Cli("Storefront/Frontend", "subscriptions pull error-cli-sub --auto-ack"),
                place.Cli("Storefront/Inventory", "reservation_list"),
            ]),
        new("parking-event-sourcing", "Parking, event-sourced",
            "A booking is stored as what happened to it: created, reserved, completed or cancelled. The list of bookings is made from these events, "
            + "in a database of its own, and can be thrown away and made again; the slots follow the events as they are published.",
            [
                new("/parking-event-sourcing/bookings", "The bookings, from the projection"),
                new("/parking-event-sourcing/slots", "The slots"),
                new("/parking-event-sourcing/booking/health", "Booking's health"),
                new("/parking-event-sourcing/parking/health", "Parking's health"),
            ],
            place =>
            [
                place.Cli("ParkingEventSourcing/Parking", "create_parking_slot 'Slot 1'"),
                place.Cli("ParkingEventSourcing/Booking", "create_booking_request SLOT_UUID"),
                place.Cli("ParkingEventSourcing/Booking", "reserve_booking BOOKING_UUID"),
                place.Cli("ParkingEventSourcing/Booking", "get_booking_events BOOKING_UUID"),
                place.Cli("ParkingEventSourcing/Booking", "rebuild_projection"),
            ]),
    ];
}
