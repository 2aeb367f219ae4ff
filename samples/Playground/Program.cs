using Playground;
using Skald;

var options = new ProgramOptions
{
    Name = "The Skald Playground",
    DefaultUrl = "http://127.0.0.1:5080",
    AddServices = services => services.AddSkaldDashboard(),
    Map = HomePage.Map,
    Try = (facts, address) => Systems.FirstSteps(new Place(facts.Settings.Data, address)),
};

return await ServiceProgram.RunAsync(
    args,
    new AddressBook().AddSqlite().AddPostgreSql().AddRabbitMq(),
    options,
    new ParkingOrchestration.Parking.ParkingModule(),
    new ParkingOrchestration.Booking.BookingModule(),
    new ParkingOrchestration.Billing.BillingModule(),
    new ParkingChoreography.Parking.ParkingModule(),
    new ParkingChoreography.Booking.BookingModule(),
    new ParkingChoreography.Billing.BillingModule(),
    new FoodOrders.Orders.OrderModule(),
    new FoodOrders.Consumers.ConsumerModule(),
    new FoodOrders.Restaurants.RestaurantModule(),
    new FoodOrders.Accounting.AccountingModule(),
    new Storefront.Frontend.FrontendModule(),
    new Storefront.Orders.OrdersModule(),
    new Storefront.Inventory.InventoryModule(),
    new Storefront.Payments.PaymentsModule(),
    new Storefront.Janitor.JanitorModule(),
    new ParkingEventSourcing.Parking.ParkingModule(),
    new ParkingEventSourcing.Booking.BookingModule());
