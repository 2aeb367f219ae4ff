using ParkingEventSourcing.Booking;
using Skald;

return await ServiceProgram.RunAsync(args, new BookingModule());
