namespace Playground;

/// <summary>The systems of this Playground.</summary>
public static class Systems
{
    /// <summary>All of them, in the order of the home page.</summary>
    public static readonly IReadOnlyList<PlaygroundSystem> All =
    [
        new("parking-orchestration", "Parking, orchestrated",
            "A driver books a parking slot. The slot is blocked, the bill is paid, the slot is reserved, the booking is completed. "
            + "If a payment or a reservation is refused, the money is returned first, then the slot is freed.")
        {
            Links =
            [
                new("/parking-orchestration/bookings", "The bookings"),
                new("/parking-orchestration/booking/health", "Booking's health"),
                new("/parking-orchestration/billing/health", "Billing's health"),
                new("/parking-orchestration/parking/health", "Parking's health"),
            ],
            Commands = place =>
            [
                NewSlot(place, "ParkingOrchestration/Parking", "create_parking_slot --name 'Slot 1'"),
                new("Book it, and wait until the booking has ended.", place.Cli("ParkingOrchestration/Booking", "create_booking_request $SLOT")),
                new("Have the next reservation refused.", place.Cli("ParkingOrchestration/Parking", "fail_next --count 1")),
                NewSlot(place, "ParkingOrchestration/Parking", "create_parking_slot --name 'Slot 2'"),
                new("Book that one over HTTP: the answer says where to look.", $"curl -i {place.Address}/parking-orchestration/bookings --json \"{{\\\"parkingSlotUuid\\\":\\\"$SLOT\\\"}}\""),
                new("Look: it has failed.", $"curl {place.Address}/parking-orchestration/bookings"),
                new("The money that came, and that went back.", place.Cli("ParkingOrchestration/Billing", "billing_entry_list")),
            ],
            Newest = (place, reference) => new("The newest booking there is.", place.Cli("ParkingOrchestration/Booking", $"booking_details_by_parking_ref_no {reference}")),
        },
        new("parking-choreography", "Parking, choreographed",
            "The same parking, with nobody in charge. Each service reacts to the events of the others: a booking is created, its bill is paid, the slot is reserved. "
            + "The first paid booking gets the slot; every other one has failed, and its money is returned.")
        {
            Links =
            [
                new("/parking-choreography/flows", "The flows, the stuck ones first"),
                new("/parking-choreography/booking/health", "Booking's health"),
                new("/parking-choreography/billing/health", "Billing's health"),
                new("/parking-choreography/parking/health", "Parking's health"),
            ],
            Commands = place =>
            [
                NewSlot(place, "ParkingChoreography/Parking", "create_parking --name 'Slot 1'"),
                new("Book it.", place.Cli("ParkingChoreography/Booking", "create_booking --parking_slot_uuid $SLOT")),
                new("Pay the bill that billing has opened.", place.Cli("ParkingChoreography/Billing", "pay_bill --ref_no $SLOT --amount 100")),
                new("Look: the booking is done.", place.Cli("ParkingChoreography/Booking", "booking_list")),
                new("The flows that booking keeps.", place.Cli("ParkingChoreography/Booking", "flows")),
            ],
            Newest = (place, reference) => new("The newest flow there is, across all three services.", $"curl {place.Address}/parking-choreography/flows/{reference}"),
        },
        new("food-orders", "Food orders",
            "A consumer orders food. The consumer is verified, the restaurant makes out a ticket, the card is charged, and the restaurant starts to cook. "
            + "Whoever says no, or takes longer than five seconds, makes the order turn back: every step is undone in reverse.")
        {
            Links =
            [
                new("/food-orders", "Home page: start a saga with a click"),
                new("/food-orders/run-success-saga", "Run one that succeeds"),
                new("/food-orders/run-saga-failing-on-card-authorization", "Run one whose card is declined"),
                new("/food-orders/orders", "The newest orders"),
                new("/food-orders/accounting/card-provider/authorizations", "The card provider's own books"),
            ],
            Commands = place =>
            [
                new("Run one that succeeds.", $"curl -X POST {place.Address}/food-orders/run-success-saga"),
                new("Run one whose card is declined.", $"curl -X POST {place.Address}/food-orders/run-saga-failing-on-card-authorization"),
                new(
                    "Place your own. With the same key it is placed once, however often you send it.",
                    $"curl -i {place.Address}/food-orders/orders -H 'Idempotency-Key: lunch-1' --json '{{\"consumerId\":70,\"cardId\":1,\"price\":20,\"items\":[{{\"name\":\"Dish 1\",\"quantity\":2}}]}}'"),
                new("How they ended.", $"curl '{place.Address}/food-orders/orders?limit=3'"),
                new("The restaurant's tickets.", place.Cli("FoodOrders/RestaurantService", "ticket_list")),
            ],
            Newest = (place, order) => new("The newest order there is.", $"curl {place.Address}/food-orders/orders/{order}"),
        },
        new("storefront", "Storefront",
            "A shop without a conductor: orders, inventory and payments react to each other's events. If one of them says no, the janitor has "
            + "stock and order undone, once, and tells everybody.")
        {
            Links =
            [
                new("/storefront", "The shop: place an order, watch it live"),
                new("/storefront/flows", "The flows, the stuck ones first"),
            ],
            Commands = place =>
            [
                new("Begin anew, with two users and two items.", place.Cli("Storefront/Frontend", "data-init")),
                new("Order widgets.", $"curl -i {place.Address}/storefront/order --json '{{\"item\":\"widget\",\"quantity\":50,\"user\":\"jack\"}}'"),
                new("What payments told everybody.", place.Cli("Storefront/Frontend", "subscriptions pull payment-created-sub --auto-ack")),
                new("Order wotsits; the payment fails.", $"curl -i {place.Address}/storefront/order --json '{{\"item\":\"wotsit\",\"quantity\":80,\"user\":\"jill\",\"payment-error\":\"null\"}}'"),
                new("What went wrong, without taking it from the janitor.", place.Cli("Storefront/Frontend", "subscriptions pull error-cli-sub --auto-ack")),
                new("The stock that was set aside, and given back.", place.Cli("Storefront/Inventory", "reservation_list")),
            ],
            Newest = (place, uuid) => new("The newest order there is.", $"curl {place.Address}/storefront/order/{uuid}"),
        },
        new("parking-event-sourcing", "Parking, event-sourced",
            "A booking is stored as what happened to it: created, reserved, completed or cancelled. The list of bookings is made from these events, "
            + "in a database of its own, and can be thrown away and made again; the slots follow the events as they are published.")
        {
            Links =
            [
                new("/parking-event-sourcing/bookings", "The bookings, from the projection"),
                new("/parking-event-sourcing/slots", "The slots"),
                new("/parking-event-sourcing/flows", "The flows, the stuck ones first"),
                new("/parking-event-sourcing/booking/health", "Booking's health"),
                new("/parking-event-sourcing/parking/health", "Parking's health"),
            ],
            Commands = place =>
            [
                NewSlot(place, "ParkingEventSourcing/Parking", "create_parking_slot 'Slot 1'"),
                new("Book it, and keep the booking's uuid.", $"BOOKING=$({place.Cli("ParkingEventSourcing/Booking", "create_booking_request $SLOT")}); echo $BOOKING"),
                new("Grant it.", place.Cli("ParkingEventSourcing/Booking", "reserve_booking $BOOKING")),
                new("What happened to it.", place.Cli("ParkingEventSourcing/Booking", "get_booking_events $BOOKING")),
                new("Make the list again, from nothing but the events.", place.Cli("ParkingEventSourcing/Booking", "rebuild_projection")),
            ],
            Newest = (place, uuid) => new("The history of the newest booking there is.", $"curl {place.Address}/parking-event-sourcing/bookings/{uuid}/events"),
        },
    ];

    /// <summary>What a process says to try when it starts.</summary>
    public static IEnumerable<string> FirstSteps(Place place)
    {
        ArgumentNullException.ThrowIfNull(place);
        return
        [
            place.Cli("ParkingOrchestration/Parking", "create_parking_slot --name 'Slot 1'"),
            $"curl -X POST {place.Address}/food-orders/run-success-saga",
        ];
    }

    private static Command NewSlot(Place place, string project, string verb) =>
        new("Add a slot, and keep its uuid.", $"SLOT=$({place.Cli(project, verb)} | sed -n 's/^uuid: *//p'); echo $SLOT");
}
