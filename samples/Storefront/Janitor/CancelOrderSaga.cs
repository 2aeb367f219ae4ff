using Skald;

namespace Storefront.Janitor;

/// <summary>Have inventory release the stock, with no way back; have orders cancel the order; tell everybody.</summary>
/// <remarks>
/// Each service that owns a part undoes it in its own database. The saga only goes forward: what it asks of a service that is
/// down waits in that service's queue until it is back.
/// </remarks>
public sealed class CancelOrderSaga : Saga<Cancellation>
{
    /// <inheritdoc/>
    protected override void Define(SagaBuilder<Cancellation> saga)
    {
        ArgumentNullException.ThrowIfNull(saga);

        // The first failure of an order is the one that counts; its saga undoes everything.
        saga.Key(c => c.Order.Uuid.ToString(), KeyUse.Once);
        saga.Summary(c => $"{c.Reason}: {c.ReleasedQuantity} released");

        saga.Pivot("release stock").Send(c => new ReleaseStock(c.Order.Uuid, c.Reason))
            .OnReply((c, reply) => c with { ReleasedQuantity = reply.Quantity });

        saga.Retriable("cancel order").Send(c => new CancelOrder(c.Order.Uuid, c.Reason))
            .OnReply((c, reply) => c with { OrderExisted = reply.Existed })
            .ParkIfRefused();

        saga.Retriable("tell everybody").Do(Tell);
    }

    private static StepResult<Cancellation> Tell(Cancellation cancellation, StepContext context)
    {
        context.Publish(cancellation.Order, cancellation.Order.Flow);
        return cancellation;
    }
}

/// <summary>What the janitor knows of an order that is being cancelled.</summary>
/// <param name="Order">What is published at the end.</param>
public sealed record Cancellation(OrderCancelled Order)
{
    /// <summary>How much stock inventory gave back.</summary>
    public long ReleasedQuantity { get; init; }

    /// <summary>Whether orders had written the order down.</summary>
    public bool OrderExisted { get; init; }

    internal string Reason => Order.Reason ?? "";
}
