using Microsoft.Extensions.DependencyInjection;
using Skald.Messaging;
using Xunit;

namespace Skald.Tests;

public sealed class Names_that_a_transport_cannot_carry_are_refused_at_start_with_code
{
    private const string Long = "ääää"; // Eight bytes.

    [Fact]
    public Task SKALD170_when_a_step_that_sends_commands_has_one() => FindsAsync("SKALD170", new() { Step = 7 }, b => b.AddSaga<Named>());

    [Fact]
    public Task SKALD171_when_a_queue_has_one() => FindsAsync("SKALD171", new() { Queue = "t.seats.commands".Length - 1 }, b => b.AddSaga<Named>());

    [Fact]
    public Task SKALD172_when_a_topic_has_one() => FindsAsync("SKALD172", new() { Topic = "t.TRIP_APPROVED".Length - 1 }, b => b.Publishes<TripApproved>());

    [Fact]
    public Task SKALD173_when_a_message_has_one() => FindsAsync("SKALD173", new() { Message = "seats.reserve.response.success".Length - 1 }, b => b.AddSaga<Named>());

    [Fact]
    public Task SKALD174_when_the_service_has_one() => FindsAsync("SKALD174", new() { Service = "t.s".Length - 1 }, b => b.AddSaga<Named>());

    [Fact]
    public async Task But_not_when_they_just_fit_or_stay_at_home()
    {
        var limits = new NameLimits
        {
            Step = 8, Queue = "t.seats.commands".Length, Topic = "t.TRIP_APPROVED".Length, Message = "seats.reserve.response.success".Length, Service = "t.s".Length,
        };
        await using var provider = Build(limits, b => b.AddSaga<Named>().Publishes<TripApproved>());
        Assert.NotNull(provider.GetRequiredKeyedService<SkaldService>("t.s"));
    }

    private static async Task FindsAsync(string code, NameLimits limits, Action<SkaldBuilder> configure)
    {
        await using var provider = Build(limits, configure);
        var refused = Assert.Throws<SagaDefinitionException>(() => provider.GetRequiredKeyedService<SkaldService>("t.s"));
        Assert.All(refused.Problems, problem => Assert.StartsWith(code, problem, StringComparison.Ordinal));
    }

    private static ServiceProvider Build(NameLimits limits, Action<SkaldBuilder> configure) => new ServiceCollection().AddSkald("t.s", b =>
    {
        b.UseTransport(_ => new NarrowTransport(limits));
        configure(b);
    }).BuildServiceProvider();

    private sealed class Named : Saga<Trip>
    {
        protected override void Define(SagaBuilder<Trip> saga)
        {
            saga.Step(Long).Send(t => new ReserveSeat(t.Id)).NothingToUndo("it is a test");
            saga.Step("a longer one that stays at home").Do((t, _) => t).NothingToUndo("it is a test");
        }
    }

    private sealed class NarrowTransport(NameLimits limits) : ITransport
    {
        private readonly InMemoryTransport _inner = new();

        public TransportDescription Description => new() { Limits = limits };

        public string? Problem => null;

        public Task StartAsync(CancellationToken cancellationToken) => _inner.StartAsync(cancellationToken);

        public Task SendAsync(IReadOnlyList<OutgoingMessage> messages, CancellationToken cancellationToken) => _inner.SendAsync(messages, cancellationToken);

        public Task<IAsyncDisposable> ConsumeAsync(string queue, int window, Action<Delivery> deliver, CancellationToken cancellationToken) =>
            _inner.ConsumeAsync(queue, window, deliver, cancellationToken);

        public Task SubscribeAsync(string topic, string queue, CancellationToken cancellationToken) => _inner.SubscribeAsync(topic, queue, cancellationToken);

        public ValueTask DisposeAsync() => _inner.DisposeAsync();
    }
}
