using System.Text.Json.Serialization.Metadata;
using Skald;

namespace Storefront.Inventory;

/// <summary>Knows the stock, and sets it aside for orders.</summary>
public sealed class InventoryModule : ServiceModule
{
    /// <inheritdoc/>
    public override string System => Services.System;

    /// <inheritdoc/>
    public override string Name => Services.Inventory;

    /// <inheritdoc/>
    public override int? DefaultPort => 8092;

    /// <inheritdoc/>
    public override string RoutePrefix => $"{System}/{Name}";

    /// <inheritdoc/>
    public override IEnumerable<Verb> Verbs => InventoryVerbs.All;

    /// <inheritdoc/>
    public override IJsonTypeInfoResolver Json => InventoryJson.Default;

    /// <inheritdoc/>
    public override void Configure(SkaldBuilder skald)
    {
        ArgumentNullException.ThrowIfNull(skald);
        skald.AddOrderFlow().AddHandlers<InventoryHandlers>().AddSchema(Stock.ItemsSchema).AddSchema(Stock.ReservationsSchema);
    }
}
