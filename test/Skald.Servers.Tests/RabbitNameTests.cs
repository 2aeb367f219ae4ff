using Microsoft.Extensions.DependencyInjection;
using Skald.Messaging;
using Xunit;

namespace Skald.Servers.Tests;

public sealed class Names_on_RabbitMq(RabbitFixture rabbit)
{
    [Fact]
    public async Task Are_carried_when_they_are_as_long_as_the_transport_says()
    {
        await using var transport = RabbitTesting.Open((await rabbit.ServerAsync()).NewUri());
        await transport.StartAsync(CancellationToken.None);
        var limits = transport.Description.Limits;
        var (queue, topic) = (Long(limits.Queue), Long(limits.Topic));
        var command = new Envelope
        {
            Id = new Guid(1, 0, 0, new byte[8]), Type = Long(limits.Message), Kind = MessageKind.Command, Source = Long(limits.Service), Destination = queue, ReplyTo = queue,
            Saga = new SagaId(Guid.Empty), Step = Long(limits.Step), Attempt = int.MaxValue, Undo = true, Time = DateTimeOffset.UnixEpoch,
        };
        var @event = command with { Id = new Guid(2, 0, 0, new byte[8]), Kind = MessageKind.Event, Destination = topic, Published = true };
        await transport.SubscribeAsync(topic, queue, CancellationToken.None);
        var came = System.Threading.Channels.Channel.CreateUnbounded<Delivery>();
        await using var consumer = await transport.ConsumeAsync(queue, 10, d => came.Writer.TryWrite(d), CancellationToken.None);

        await transport.SendAsync([new OutgoingMessage(command, "{}"u8.ToArray()), new OutgoingMessage(@event, "{}"u8.ToArray())], CancellationToken.None);

        var envelopes = new[] { await NextAsync(), await NextAsync() };
        Assert.Equal([command, @event], envelopes.OrderBy(e => e!.Published));

        async Task<Envelope?> NextAsync() => (await came.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20))).Envelope;
    }

    [Fact]
    public async Task Are_refused_at_start_when_they_are_longer()
    {
        // Nobody answers there: what is wrong shows before anything is opened.
        await using var provider = new ServiceCollection()
            .AddSkald("t.long", s => s.UseRabbitMq("amqp://127.0.0.1:1/").AddSaga<StepsWithLongNames>()).BuildServiceProvider();
        var refused = await Assert.ThrowsAsync<SagaDefinitionException>(() => provider.GetRequiredService<SkaldServices>().ServeAsync(CancellationToken.None));
        // The engine's own limit, 200 bytes, is below what RabbitMQ carries.
        Assert.Equal(3, refused.Problems.Count);
        Assert.All(refused.Problems, problem => Assert.StartsWith("SKALD183", problem, StringComparison.Ordinal));
    }

    // Umlauts: bytes count, and not letters.
    private static string Long(int? bytes) => string.Concat(Enumerable.Repeat("ä", bytes!.Value / 2)) + (bytes % 2 == 1 ? "a" : "");

    internal sealed record Trip(string Id);

    [Command("t.go", To = "t.other")]
    internal sealed record Go(string Id) : ICommand<Done>;

    internal sealed class StepsWithLongNames : Saga<Trip>
    {
        protected override void Define(SagaBuilder<Trip> saga)
        {
            saga.Step(new string('s', 202)).Send(t => new Go(t.Id)).NothingToUndo("it is a test");
            saga.Step(new string('s', 240)).Send(t => new Go(t.Id)).NothingToUndo("it is a test");
            saga.Step(new string('l', 240)).Do((t, _) => t).NothingToUndo("it stays at home");
        }
    }
}
