using Skald.Messaging;

namespace Skald.Bench;

/// <summary>Counts the commands that a service gives to its transport, repeats included.</summary>
public sealed class CommandCounter
{
    private long _sent;

    public long Sent => Volatile.Read(ref _sent);

    /// <summary>To be called once the service has its transport.</summary>
    public SkaldBuilder Count(SkaldBuilder service)
    {
        var transport = service.Transport;
        return service.UseTransport(provider => new Counting(transport(provider), this));
    }

    private sealed class Counting(ITransport inner, CommandCounter counter) : ITransport
    {
        public TransportDescription Description => inner.Description;

        public string? Problem => inner.Problem;

        public Task StartAsync(CancellationToken cancellationToken) => inner.StartAsync(cancellationToken);

        public Task SendAsync(IReadOnlyList<OutgoingMessage> messages, CancellationToken cancellationToken)
        {
            Interlocked.Add(ref counter._sent, messages.Count(m => m.Envelope.Kind == MessageKind.Command));
            return inner.SendAsync(messages, cancellationToken);
        }

        public Task<IAsyncDisposable> ConsumeAsync(string queue, int window, Action<Delivery> deliver, CancellationToken cancellationToken) =>
            inner.ConsumeAsync(queue, window, deliver, cancellationToken);

        public Task SubscribeAsync(string topic, string queue, CancellationToken cancellationToken) => inner.SubscribeAsync(topic, queue, cancellationToken);

        /// <summary>The process's other services share what is counted here, and dispose of it.</summary>
        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
