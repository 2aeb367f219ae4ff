using Skald;

namespace Travel.Payments;

[Command("payments.charge", To = Services.Payments)]
public sealed record Charge(string Trip, int Amount) : ICommand<Charged>;

public sealed record Charged(string Receipt);

[Command("payments.refund", To = Services.Payments)]
public sealed record Refund(string Trip) : ICommand<Done>;
