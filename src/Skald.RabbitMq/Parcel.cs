using Skald.Messaging;

namespace Skald.RabbitMq;

/// <summary>
/// Messages of one batch for one queue that leave together, as one message of AMQP's: most of what a message costs the
/// broker, its disk and its client it costs however much is in it. A parcel of one leaves as the plain message it is.
/// </summary>
internal sealed class Parcel(SendBatch batch, int first)
{
    /// <summary>A bigger message travels alone: it gains nothing from company.</summary>
    public const int MostBytes = 64 * 1024;

    private readonly List<int> _indexes = [first];
    private int _bytes = Size(batch.Messages[first]);

    public SendBatch Batch => batch;

    public int Count => _indexes.Count;

    public OutgoingMessage First => batch.Messages[first];

    public string Queue => First.Envelope.Destination;

    public IEnumerable<OutgoingMessage> Messages => _indexes.Select(i => batch.Messages[i]);

    public bool TryAdd(int index, int most)
    {
        var bytes = Size(batch.Messages[index]);
        if (_indexes.Count >= most || _bytes + bytes > MostBytes)
        {
            return false;
        }

        _indexes.Add(index);
        _bytes += bytes;
        return true;
    }

    public void Confirm() => _indexes.ForEach(batch.Confirm);

    /// <summary>Gives its messages up, which have nowhere to go.</summary>
    public void Refuse(string reason) => _indexes.ForEach(i => batch.Refuse(i, reason));

    public void Fail(string reason) => _indexes.ForEach(i => batch.Fail(i, reason));

    /// <summary>Has its messages wait to be published again, with their batch.</summary>
    public void StartOver() => _indexes.ForEach(batch.StartOver);

    /// <summary>About; what has no limit of its own is counted exactly.</summary>
    private static int Size(OutgoingMessage message) => message.Body.Length + (message.Envelope.Flow?.Length ?? 0) + 500;
}
