using Skald.Messaging;

namespace Skald.RabbitMq;

/// <summary>Keeps back what comes beyond the messages that may be unacknowledged at once: the broker counts parcels, not what is in them.</summary>
internal sealed class DeliveryWindow(int most, Action<Delivery> deliver)
{
    private readonly Queue<Delivery> _waiting = new();
    private readonly Lock _lock = new();
    private int _open;
    private bool _draining;
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

    /// <summary>Makes room for as many messages, and delivers what waits for it.</summary>
    public void Release(int count)
    {
        lock (_lock)
        {
            _open -= count;
            if (_draining)
            {
                // Whoever is at it goes on; it may be our caller, who acknowledges what has just been delivered to it.
                return;
            }

            _draining = true;
        }

        while (Next() is { } delivery)
        {
            deliver(delivery);
        }
    }

    /// <summary>Delivers nothing any more.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
        }
    }

    private Delivery? Next()
    {
        lock (_lock)
        {
            if (_open < most && !_closed && _waiting.TryDequeue(out var delivery))
            {
                _open++;
                return delivery;
            }

            _draining = false;
            return null;
        }
    }
}
