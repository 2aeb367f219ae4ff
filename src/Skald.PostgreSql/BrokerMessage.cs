using Skald.Messaging;

namespace Skald.PostgreSql;

/// <summary>Where a message of this process stands with the database.</summary>
internal enum BrokerMessageState
{
    /// <summary>Only in memory; its sender's rows keep it safe.</summary>
    Unwritten,

    /// <summary>Part of the transaction being written.</summary>
    Writing,

    /// <summary>In the database.</summary>
    Written,

    /// <summary>Dealt with: acknowledged before it was in the database, or deleted with the batch that handled it.</summary>
    Finished,
}

/// <summary>A message on its way through this process.</summary>
internal sealed class BrokerMessage : Delivery
{
    public BrokerMessage(long id, Envelope envelope, ReadOnlyMemory<byte> body, BrokerQueue queue, SendBatch? sender)
        : base(envelope, body) => (Id, Queue, Sender) = (id, queue, sender);

    public BrokerMessage(long id, string unreadable, ReadOnlyMemory<byte> body, BrokerQueue queue)
        : base(unreadable, body) => (Id, Queue) = (id, queue);

    public long Id { get; }

    public BrokerQueue Queue { get; }

    /// <summary>Who waits for the confirmation; null for a message read from the database or written with its sender's state.</summary>
    public SendBatch? Sender { get; }

    public BrokerMessageState State { get; set; }

    /// <summary>Whether it is written for whoever takes it first; fixed when the writing begins.</summary>
    public bool IsForAnyone { get; set; }

    /// <summary>The consumer that has it; null when it is for whoever takes it first.</summary>
    public BrokerSubscription? Holder { get; set; }
}

/// <summary>The messages of one call of SendAsync, until all are confirmed. What is published counts one more: the look at the topology.</summary>
internal sealed class SendBatch(int count)
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _open = count;

    public Task Done => _done.Task;

    /// <summary>The latest topology, as it was when the sender's was compared with it; null when it published nothing.</summary>
    public BrokerTopology? Topology { get; set; }

    public void Confirm()
    {
        if (Interlocked.Decrement(ref _open) == 0)
        {
            _done.TrySetResult();
        }
    }
}
