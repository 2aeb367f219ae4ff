using System.Text.Json.Serialization.Metadata;
using Skald;

namespace Storefront.Orders;

/// <summary>Knows the users, and writes their orders down.</summary>
public sealed class OrdersModule : ServiceModule
{
    /// <inheritdoc/>
    public override string System => Services.System;

    /// <inheritdoc/>
    public override string Name => Services.Orders;

    /// <inheritdoc/>
    public override int? DefaultPort => 8091;

    /// <inheritdoc/>
    public override string RoutePrefix => $"{System}/{Name}";

    /// <inheritdoc/>
    public override IEnumerable<Verb> Verbs => OrdersVerbs.All;

    /// <inheritdoc/>
    public override IJsonTypeInfoResolver Json => OrdersJson.Default;

    /// <inheritdoc/>
    public override void Configure(SkaldBuilder skald)
    {
        ArgumentNullException.ThrowIfNull(skald);
        skald.AddOrderFlow().AddHandlers<OrdersHandlers>().AddSchema(UserOrders.UsersSchema).AddSchema(UserOrders.OrdersSchema);
    }
}
