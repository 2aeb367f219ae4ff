using Skald.Messaging;

namespace Skald.Sqlite;

/// <summary>Where a message of this process stands with the file.</summary>
internal enum BrokerMessageState
{
    /// <summary>Only in memory; its sender's rows keep it safe.</summary>
    Unwritten,

    /// <summary>Part of the transaction being written.</summary>
    Writing,

    /// <summary>In the file.</summary>
    Written,

    /// <summary>Acknowledged while it was being written: deleted next.</summary>
    Finished,
}

/// <summary>A message on its way through this process.</summary>
internal sealed class BrokerMessage : Delivery
{
    public BrokerMessage(Envelope envelope, ReadOnlyMemory<byte> body, BrokerQueue queue, SendBatch? sender)
        : base(envelope, body) => (Queue, Sender) = (queue, sender);

    public BrokerMessage(string unreadable, ReadOnlyMemory<byte> body, BrokerQueue queue)
        : base(unreadable, body) => Queue = queue;

    public BrokerQueue Queue { get; }

    /// <summary>Who waits for the confirmation; null for a message read from the file.</summary>
    public SendBatch? Sender { get; }

    public long Sequence { get; init; }

    public BrokerMessageState State { get; set; }

    /// <summary>Whether it is written for whoever takes it first; fixed when the writing begins.</summary>
    public bool IsForAnyone { get; set; }

    /// <summary>The consumer that has it; null when it is for whoever takes it first.</summary>
    public BrokerSubscription? Holder { get; set; }
}

/// <summary>The messages of one call of SendAsync, until all are confirmed.</summary>
internal sealed class SendBatch(int count)
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _open = count;

    public Task Done => _done.Task;

    public void Confirm()
    {
        if (Interlocked.Decrement(ref _open) == 0)
        {
            _done.TrySetResult();
        }
    }
}

/// <summary>What this process knows of a queue.</summary>
internal sealed class BrokerQueue(string name)
{
    public string Name => name;

    /// <summary>The row's id; 0 until the queue is in the file.</summary>
    public long Id { get; set; }

    public List<BrokerSubscription> Consumers { get; } = [];

    /// <summary>Whether the file may hold messages for whoever takes them first. While it does, new ones queue up behind them.</summary>
    public bool HasBacklog { get; set; } = true;
}
