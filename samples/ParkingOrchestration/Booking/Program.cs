using ParkingOrchestration.Booking;
using Skald;

return await ServiceProgram.RunAsync(args, new AddressBook().AddSqlite().AddPostgreSql().AddRabbitMq(), new BookingModule());
