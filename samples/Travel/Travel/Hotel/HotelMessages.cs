using Skald;

namespace Travel.Hotel;

[Command("hotel.reserve-room", To = Services.Hotel)]
public sealed record ReserveRoom(string Trip, string Room) : ICommand<Done>;

[Command("hotel.release-room", To = Services.Hotel)]
public sealed record ReleaseRoom(string Trip) : ICommand<Done>;
