using System.Threading.Channels;

namespace Skald;

/// <summary>One who listens, and what it has not been sent yet.</summary>
/// <param name="tooSlow">Called when it does not take what it is sent.</param>
internal sealed class Listener(Action tooSlow)
{
    // At five a second, what comes in six seconds.
    private const int Unsent = 30;

    private readonly Channel<ReadOnlyMemory<byte>> _text = Channel.CreateBounded<ReadOnlyMemory<byte>>(new BoundedChannelOptions(Unsent) { SingleReader = true });

    public ChannelReader<ReadOnlyMemory<byte>> Text => _text.Reader;

    public void Offer(ReadOnlyMemory<byte> text)
    {
        if (!_text.Writer.TryWrite(text) && _text.Writer.TryComplete())
        {
            tooSlow();
        }
    }

    /// <summary>There is nothing more to come: it has to ask anew.</summary>
    public void End() => _text.Writer.TryComplete();
}
