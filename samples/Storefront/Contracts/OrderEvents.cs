using System.Diagnostics.CodeAnalysis;
using Skald;

namespace Storefront;

/// <summary>The frontend has taken an order.</summary>
[Event("order-placed", Topic = Topics.Frontend)]
public sealed record OrderPlaced : OrderMessage
{
    /// <summary>For the serializer.</summary>
    public OrderPlaced()
    {
    }

    /// <summary>Carries on what was known before.</summary>
    [SetsRequiredMembers]
    public OrderPlaced(OrderMessage before) : base(before)
    {
    }
}

/// <summary>Orders has written the order down.</summary>
[Event("order-created", Topic = Topics.OrderCreated)]
public sealed record OrderCreated : OrderMessage
{
    /// <summary>For the serializer.</summary>
    public OrderCreated()
    {
    }

    /// <summary>Carries on what was known before.</summary>
    [SetsRequiredMembers]
    public OrderCreated(OrderMessage before) : base(before)
    {
    }
}

/// <summary>Inventory has set the stock aside.</summary>
[Event("inventory-updated", Topic = Topics.InventoryUpdated)]
public sealed record InventoryUpdated : OrderMessage
{
    /// <summary>For the serializer.</summary>
    public InventoryUpdated()
    {
    }

    /// <summary>Carries on what was known before.</summary>
    [SetsRequiredMembers]
    public InventoryUpdated(OrderMessage before) : base(before)
    {
    }

    /// <inheritdoc/>
    protected override string? Problem => base.Problem ?? (PricePerUnit is not null ? null : $"price_per_unit: {OrderRules.PriceRule}");
}

/// <summary>Payments has written the invoice: the order is complete.</summary>
[Event("payment-created", Topic = Topics.PaymentCreated)]
public sealed record PaymentCreated : OrderMessage
{
    /// <summary>For the serializer.</summary>
    public PaymentCreated()
    {
    }

    /// <summary>Carries on what was known before.</summary>
    [SetsRequiredMembers]
    public PaymentCreated(OrderMessage before) : base(before)
    {
    }
}

/// <summary>Orders says no.</summary>
[Event("order-failed", Topic = Topics.Error)]
public sealed record OrderFailed : OrderMessage
{
    /// <summary>For the serializer.</summary>
    public OrderFailed()
    {
    }

    /// <summary>Carries on what was known before.</summary>
    [SetsRequiredMembers]
    public OrderFailed(OrderMessage before) : base(before)
    {
    }
}

/// <summary>Inventory says no.</summary>
[Event("inventory-failed", Topic = Topics.Error)]
public sealed record InventoryFailed : OrderMessage
{
    /// <summary>For the serializer.</summary>
    public InventoryFailed()
    {
    }

    /// <summary>Carries on what was known before.</summary>
    [SetsRequiredMembers]
    public InventoryFailed(OrderMessage before) : base(before)
    {
    }
}

/// <summary>Payments says no.</summary>
[Event("payment-failed", Topic = Topics.Error)]
public sealed record PaymentFailed : OrderMessage
{
    /// <summary>For the serializer.</summary>
    public PaymentFailed()
    {
    }

    /// <summary>Carries on what was known before.</summary>
    [SetsRequiredMembers]
    public PaymentFailed(OrderMessage before) : base(before)
    {
    }
}

/// <summary>The janitor has had everything undone.</summary>
[Event("order-cancelled", Topic = Topics.OrderCancelled)]
public sealed record OrderCancelled : OrderMessage
{
    /// <summary>For the serializer.</summary>
    public OrderCancelled()
    {
    }

    /// <summary>Carries on what was known before.</summary>
    [SetsRequiredMembers]
    public OrderCancelled(OrderMessage before) : base(before)
    {
    }
}
