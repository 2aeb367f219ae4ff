using ParkingChoreography.Parking;
using Skald;

return await ServiceProgram.RunAsync(args, new ParkingModule());
