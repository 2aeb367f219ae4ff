using Skald;

namespace Travel.Cars;

[Command("cars.reserve", To = Services.Cars)]
public sealed record ReserveCar(string Trip, string Car) : ICommand<Done>;

[Command("cars.release", To = Services.Cars)]
public sealed record ReleaseCar(string Trip) : ICommand<Done>;
