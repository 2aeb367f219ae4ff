using Skald.Messaging;

namespace Skald.RabbitMq;

/// <summary>Keeps back what comes beyond the messages that may be unacknowledged at once: the broker counts parcels, not what is in them.</summary>
internal sealed class DeliveryWindow(int most, Action<Delivery> deliver)
{
    private readonly Queue<Delivery> _waiting = new();
    private readonly Lock _lock = new();
    private int _open;
    private bool _closed;

    public void Add(Delivery delivery)
    {
        lock (_lock)
        {
            if (_open >= most || _closed)
            {
                _waiting.Enqueue(delivery);
                return;
            }

            _open++;
        }

        deliver(delivery);
    }

    /// <summary>Makes room for as many messages.</summary>
    public void Release(int count)
    {
        List<Delivery>? next = null;
        lock (_lock)
        {
            for (_open -= count; _open < most && !_closed && _waiting.TryDequeue(out var delivery); _open++)
            {
                (next ??= []).Add(delivery);
            }
        }

        next?.ForEach(deliver);
    }

    /// <summary>Delivers nothing any more.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
        }
    }
}
