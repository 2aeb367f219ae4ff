using Skald.Messaging;

namespace Skald.RabbitMq;

/// <summary>The messages of one call of SendAsync: one completion for all of them.</summary>
internal sealed class SendBatch(IReadOnlyList<OutgoingMessage> messages, long created)
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Progress[] _progress = new Progress[messages.Count];
    private readonly Lock _lock = new();
    private int _open = messages.Count;
    private List<Guid>? _unsent;
    private Dictionary<Guid, string>? _undeliverable;
    private string? _reason;

    private enum Progress : byte
    {
        Waiting,
        UnderWay,
        Settled,
    }

    public IReadOnlyList<OutgoingMessage> Messages => messages;

    /// <summary>When it was handed over.</summary>
    public long Created => created;

    public Task Done => _done.Task;

    /// <summary>Takes a message to publish it; false when it is under way or settled.</summary>
    public bool TryTake(int index)
    {
        lock (_lock)
        {
            if (_progress[index] != Progress.Waiting)
            {
                return false;
            }

            _progress[index] = Progress.UnderWay;
            return true;
        }
    }

    /// <summary>Has a message wait to be published again, unless it is settled: what it was under way on has lost it.</summary>
    public void StartOver(int index)
    {
        lock (_lock)
        {
            if (_progress[index] == Progress.UnderWay)
            {
                _progress[index] = Progress.Waiting;
            }
        }
    }

    /// <summary>Has everything wait to be published again that is not settled.</summary>
    public void StartOver()
    {
        for (var i = 0; i < messages.Count; i++)
        {
            StartOver(i);
        }
    }

    public void Confirm(int index) => Settle(index, null);

    public void Fail(int index, string reason) => Settle(index, reason);

    /// <summary>Gives a message up that has nowhere to go as it is.</summary>
    public void Refuse(int index, string reason) => Settle(index, reason, isUndeliverable: true);

    /// <summary>Gives up what is not confirmed.</summary>
    public void Expire(string reason)
    {
        for (var i = 0; i < messages.Count; i++)
        {
            Settle(i, reason);
        }
    }

    private void Settle(int index, string? failure, bool isUndeliverable = false)
    {
        lock (_lock)
        {
            if (_progress[index] == Progress.Settled)
            {
                // Published on two connections, or given up before.
                return;
            }

            _progress[index] = Progress.Settled;
            if (failure is not null)
            {
                _reason ??= failure;
                var id = messages[index].Envelope.Id;
                (_unsent ??= []).Add(id);
                if (isUndeliverable)
                {
                    (_undeliverable ??= [])[id] = failure;
                }
            }

            if (--_open > 0)
            {
                return;
            }
        }

        if (_unsent is null)
        {
            _done.TrySetResult();
        }
        else
        {
            _done.TrySetException(new SendFailedException($"{_unsent.Count} of {messages.Count} messages were not taken: {_reason}", _unsent) { Undeliverable = _undeliverable ?? [] });
        }
    }
}
