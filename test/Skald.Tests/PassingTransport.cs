using Skald.Messaging;

namespace Skald.Tests;

/// <summary>Passes everything on; what a test does otherwise it overrides.</summary>
internal abstract class PassingTransport(ITransport inner) : ITransport
{
    public TransportDescription Description => inner.Description;

    public virtual string? Problem => inner.Problem;

    public Task StartAsync(CancellationToken cancellationToken) => inner.StartAsync(cancellationToken);

    public virtual Task SendAsync(IReadOnlyList<OutgoingMessage> messages, CancellationToken cancellationToken) => inner.SendAsync(messages, cancellationToken);

    public virtual Task<IAsyncDisposable> ConsumeAsync(string queue, int window, Action<Delivery> deliver, CancellationToken cancellationToken) =>
        inner.ConsumeAsync(queue, window, deliver, cancellationToken);

    public Task SubscribeAsync(string topic, string queue, CancellationToken cancellationToken) => inner.SubscribeAsync(topic, queue, cancellationToken);

    public virtual Task ProbeAsync(CancellationToken cancellationToken) => inner.ProbeAsync(cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
