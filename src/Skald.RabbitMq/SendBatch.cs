using Skald.Messaging;

namespace Skald.RabbitMq;

/// <summary>The messages of one call of SendAsync: one completion for all of them.</summary>
internal sealed class SendBatch(IReadOnlyList<OutgoingMessage> messages, long created)
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly bool[] _settled = new bool[messages.Count];
    private readonly Lock _lock = new();
    private int _open = messages.Count;
    private List<Guid>? _unsent;
    private string? _reason;

    public IReadOnlyList<OutgoingMessage> Messages => messages;

    /// <summary>When it was handed over.</summary>
    public long Created => created;

    /// <summary>Whether the publisher has taken it up; after a lost connection it starts over.</summary>
    public bool Begun { get; set; }

    public Task Done => _done.Task;

    public bool IsSettled(int index) => Volatile.Read(ref _settled[index]);

    public void Confirm(int index) => Settle(index, null);

    public void Fail(int index, string reason) => Settle(index, reason);

    /// <summary>Gives up what is not confirmed.</summary>
    public void Expire(string reason)
    {
        for (var i = 0; i < messages.Count; i++)
        {
            Settle(i, reason);
        }
    }

    private void Settle(int index, string? failure)
    {
        lock (_lock)
        {
            if (_settled[index])
            {
                // Published on two connections, or given up before.
                return;
            }

            _settled[index] = true;
            if (failure is not null)
            {
                _reason ??= failure;
                (_unsent ??= []).Add(messages[index].Envelope.Id);
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
            _done.TrySetException(new SendFailedException($"{_unsent.Count} of {messages.Count} messages were not taken: {_reason}", _unsent));
        }
    }
}
