using RabbitMQ.Client.Events;

namespace Skald.RabbitMq;

/// <summary>
/// What a channel has published and the broker has not confirmed, by its number on the channel: a slot in a ring instead of a
/// task per message.
/// </summary>
/// <param name="settled">Told of each parcel that the broker is done with, whether it was returned, and the failure if it was refused; must not block.</param>
/// <param name="time">The clock.</param>
internal sealed class Unconfirmed(Action<Parcel, bool, string?> settled, TimeProvider time)
{
    /// <summary>The most at once, in messages of RabbitMQ's.</summary>
    public const int Capacity = 4096;

    private readonly Slot[] _ring = new Slot[Capacity];
    private readonly Lock _lock = new();
    private ulong _first = 1;
    private ulong _next = 1;

    private readonly record struct Slot(Parcel? Parcel, long Published, bool Returned);

    /// <summary>Adds what is published next, for which there must be room.</summary>
    /// <returns>Its number.</returns>
    public ulong Add(Parcel parcel)
    {
        lock (_lock)
        {
            _ring[_next % Capacity] = new Slot(parcel, time.GetTimestamp(), false);
            return _next++;
        }
    }

    /// <summary>Whether the oldest has been here for so long.</summary>
    public bool IsOlderThan(TimeSpan limit)
    {
        lock (_lock)
        {
            return _first < _next && time.GetElapsedTime(_ring[_first % Capacity].Published) >= limit;
        }
    }

    /// <summary>Settles what the broker confirms, or refuses for a reason: one, or all up to it.</summary>
    /// <returns>How many places became free.</returns>
    public int Settle(ulong number, bool multiple, string? failure)
    {
        var freed = 0;
        lock (_lock)
        {
            for (var at = multiple ? _first : number; at <= number && at < _next; at++)
            {
                ref var slot = ref _ring[at % Capacity];
                if (slot.Parcel is { } parcel)
                {
                    settled(parcel, slot.Returned, failure);
                    slot = default;
                }
            }

            for (; _first < _next && _ring[_first % Capacity].Parcel is null; _first++)
            {
                freed++;
            }
        }

        return freed;
    }

    /// <summary>Notes what the broker sends back because no queue took it: it confirms that right after.</summary>
    public void Note(BasicReturnEventArgs returned)
    {
        lock (_lock)
        {
            for (var number = _first; number < _next; number++)
            {
                ref var slot = ref _ring[number % Capacity];
                if (slot is { Parcel: { } parcel, Returned: false } && Is(returned, parcel, number))
                {
                    slot = slot with { Returned = true };
                    return;
                }
            }
        }
    }

    /// <summary>A message by its id, copies of which are alike; a parcel by its number, because what is in it may be under way in other company as well.</summary>
    private static bool Is(BasicReturnEventArgs returned, Parcel parcel, ulong number) =>
        parcel.Queue == returned.RoutingKey && (returned.Exchange == Topology.Parcels
            ? parcel.Count > 1 && returned.BasicProperties.MessageId == ParcelWriter.Id(number)
            : parcel.Count == 1 && Guid.TryParse(returned.BasicProperties.MessageId, out var id) && id == parcel.First.Envelope.Id);
}
