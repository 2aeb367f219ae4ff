using System.Text.Json;

namespace Skald.Messaging.Tables;

/// <summary>Where a message of this process stands with the broker's database.</summary>
public enum BrokerMessageState
{
    /// <summary>Only in memory: if the process dies, its sender, who is in it too, has it sent again.</summary>
    Unwritten,

    /// <summary>Part of the transaction being written.</summary>
    Writing,

    /// <summary>In the database.</summary>
    Written,

    /// <summary>Dealt with: acknowledged before it was in the database, or deleted with the batch that handled it.</summary>
    Finished,
}

/// <summary>A message on its way through this process, of a broker whose messages are rows.</summary>
public sealed class BrokerMessage : Delivery
{
    /// <summary>A message that is sent.</summary>
    /// <param name="id">Its row's key.</param>
    /// <param name="message">What is sent.</param>
    /// <param name="queue">Where it goes.</param>
    /// <param name="sender">Who waits for the confirmation; null when it is written with its sender's state.</param>
    public BrokerMessage(long id, OutgoingMessage message, BrokerQueue queue, SendBatch? sender)
        : base(message.Envelope, message.Body) => (Id, Queue, Sender) = (id, queue, sender);

    private BrokerMessage(long id, Envelope envelope, byte[] body, BrokerQueue queue)
        : base(envelope, body) => (Id, Queue) = (id, queue);

    private BrokerMessage(long id, string unreadable, byte[] body, BrokerQueue queue)
        : base(unreadable, body) => (Id, Queue) = (id, queue);

    /// <summary>The row's key.</summary>
    public long Id { get; }

    /// <summary>Where it goes, or came from.</summary>
    public BrokerQueue Queue { get; }

    /// <summary>How far it is. Changed under <see cref="BrokerQueues.Lock"/>.</summary>
    public BrokerMessageState State { get; set; }

    /// <summary>Whether it is written for whoever takes it first; fixed when the writing begins.</summary>
    public bool IsForAnyone { get; set; }

    /// <summary>Whether a consumer in this process has it.</summary>
    public bool IsHeld => Holder is not null;

    /// <inheritdoc/>
    public override bool ComesAgain => State is BrokerMessageState.Written or BrokerMessageState.Finished;

    /// <summary>Who waits for the confirmation; null for a message that was read, or is written with its sender's state.</summary>
    internal SendBatch? Sender { get; }

    /// <summary>The consumer that has it; null when it is for whoever takes it first.</summary>
    internal BrokerSubscription? Holder { get; set; }

    /// <inheritdoc/>
    protected override IAcknowledgements? Acknowledgements => Holder?.Queues;

    /// <summary>A message from its row. One whose envelope cannot be read is delivered as such.</summary>
    public static BrokerMessage Read(long id, byte[] envelope, byte[] body, BrokerQueue queue)
    {
        try
        {
            return new BrokerMessage(id, EnvelopeCodec.Decode(envelope), body, queue);
        }
        catch (JsonException exception)
        {
            return new BrokerMessage(id, exception.Message, body, queue);
        }
    }
}

/// <summary>The messages of one call of <see cref="ITransport.SendAsync"/>, until all are confirmed.</summary>
/// <param name="count">How many confirmations it takes.</param>
public class SendBatch(int count)
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _open = count;

    /// <summary>Ends with the last confirmation.</summary>
    public Task Done => _done.Task;

    /// <summary>One of them is stored, or was dealt with.</summary>
    public void Confirm()
    {
        if (Interlocked.Decrement(ref _open) == 0)
        {
            _done.TrySetResult();
        }
    }
}
