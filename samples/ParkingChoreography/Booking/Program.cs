using ParkingChoreography.Booking;
using Skald;

return await ServiceProgram.RunAsync(args, new BookingModule());
