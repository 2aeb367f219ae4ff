using ParkingEventSourcing.Parking;
using Skald;

return await ServiceProgram.RunAsync(args, new ParkingModule());
