using Skald;

namespace FoodOrders.Consumers;

/// <summary>Knows who may order.</summary>
public sealed class ConsumerModule : ServiceModule
{
    /// <inheritdoc/>
    public override string System => "food-orders";

    /// <inheritdoc/>
    public override string Name => "consumer";

    /// <inheritdoc/>
    public override int? DefaultPort => 8082;

    /// <inheritdoc/>
    public override string RoutePrefix => $"{System}/{Name}";

    /// <inheritdoc/>
    public override void Configure(SkaldBuilder skald) => skald.AddHandlers<ConsumerHandlers>();
}
