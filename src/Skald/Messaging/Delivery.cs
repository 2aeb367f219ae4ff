namespace Skald.Messaging;

/// <summary>A message that arrived and is not acknowledged yet.</summary>
/// <remarks>Transports derive from it to keep what they need for the acknowledgement.</remarks>
public class Delivery
{
    /// <summary>A delivery whose envelope could be read.</summary>
    public Delivery(Envelope envelope, ReadOnlyMemory<byte> body) => (Envelope, Body) = (envelope, body);

    /// <summary>A delivery whose envelope could not be read; it will be dead-lettered with this reason.</summary>
    public Delivery(string unreadable, ReadOnlyMemory<byte> body) => (Unreadable, Body) = (unreadable, body);

    /// <summary>The metadata; null when it could not be read.</summary>
    public Envelope? Envelope { get; }

    /// <summary>Why the envelope could not be read; null when it could.</summary>
    public string? Unreadable { get; }

    /// <summary>The body as it came.</summary>
    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>
    /// Whether it comes again when this process dies before it is acknowledged. False when it is only in this process's memory: then its sender, which is
    /// here too, is who has it sent again.
    /// </summary>
    public virtual bool ComesAgain => true;

    /// <summary>Who has to know that it is dealt with; null when nobody has, any more or at all.</summary>
    protected virtual IAcknowledgements? Acknowledgements => null;

    /// <summary>Says that it is dealt with and need not come again. Does not wait; repeating it is harmless.</summary>
    public void Acknowledge() => AcknowledgeAll([this]);

    /// <summary>
    /// Says that deliveries are dealt with and need not come again, whatever queues and transports they came from. Each
    /// transport hears of all of its own in one call. Does not wait; repeating it is harmless.
    /// </summary>
    public static void AcknowledgeAll(IReadOnlyList<Delivery> deliveries)
    {
        ArgumentNullException.ThrowIfNull(deliveries);
        if (deliveries.Count == 0)
        {
            return;
        }

        var first = deliveries[0].Acknowledgements;
        if (deliveries.All(d => d.Acknowledgements == first))
        {
            first?.Acknowledge(deliveries);
            return;
        }

        foreach (var group in deliveries.GroupBy(d => d.Acknowledgements))
        {
            group.Key?.Acknowledge([.. group]);
        }
    }
}

/// <summary>Where a transport is told what is dealt with.</summary>
public interface IAcknowledgements
{
    /// <summary>Takes note of deliveries that name this object, in the order in which they were dealt with. Must not wait or throw.</summary>
    void Acknowledge(IReadOnlyList<Delivery> deliveries);
}
