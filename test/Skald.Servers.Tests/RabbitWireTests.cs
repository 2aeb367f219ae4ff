using RabbitMQ.Client;
using Skald.Decisions;
using Skald.Messaging;
using Skald.RabbitMq;
using Xunit;

namespace Skald.Servers.Tests;

public sealed class A_message_from_a_stranger
{
    private static readonly SagaId Saga = new(new Guid("01890a5d-ac96-774b-bcce-b302099a8057"));
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("cash.charge.response.success", MessageKind.Reply)]
    [InlineData("cash.charge.response.failure", MessageKind.Refusal)]
    public void Is_an_answer_when_it_copies_the_correlation_id(string type, MessageKind kind)
    {
        var properties = new BasicProperties { Type = type, CorrelationId = new Correlation(Saga, "charge/the card — ✓", 3, true).ToString() };
        var envelope = Wire.TryRead(properties, "shop.order.replies", Now, out _);
        Assert.NotNull(envelope);
        Assert.Equal((kind, Saga, "charge/the card — ✓", 3, true), (envelope.Kind, envelope.Saga, envelope.Step, envelope.Attempt, envelope.Undo));
        Assert.Equal(MessageIds.Reply(MessageIds.Command(Saga, "charge/the card — ✓", 3, true)), envelope.Id);
        Assert.Equal(Now, envelope.Time);
    }

    [Fact]
    public void Is_a_refusal_under_any_name_when_its_header_says_so() =>
        Assert.Equal(MessageKind.Refusal, Wire.TryRead(
            new BasicProperties { Type = "no", CorrelationId = $"{Saga}/1/do/s", Headers = new Dictionary<string, object?> { ["cloudEvents_kind"] = "refusal"u8.ToArray() } },
            "shop.order.replies", Now, out _)!.Kind);

    [Fact]
    public void Is_read_from_CloudEvents_headers_alone_with_either_separator()
    {
        foreach (var prefix in new[] { "cloudEvents_", "cloudEvents:" })
        {
            var headers = new Dictionary<string, object?>
            {
                [prefix + "id"] = "42", [prefix + "type"] = "cash.charge", [prefix + "source"] = "/till", [prefix + "time"] = "2029-12-31T23:00:00Z",
            };
            var envelope = Wire.TryRead(new BasicProperties { Headers = headers }, "shop.cash.commands", Now, out _);
            Assert.Equal((MessageKind.Command, "cash.charge", "/till", Now.AddHours(-1)), (envelope!.Kind, envelope.Type, envelope.Source, envelope.Time));
            Assert.Equal(envelope.Id, Wire.TryRead(new BasicProperties { Headers = headers }, "shop.cash.commands", Now, out _)!.Id);
        }
    }

    [Theory]
    [InlineData(null, "a", "shop.order.replies", "no type")]
    [InlineData("t", null, "shop.cash.commands", "no message-id")]
    [InlineData("t", "7", "shop.order.replies", "does not name a saga and its step")]
    public void Is_dead_lettered_with_a_reason_when_it_says_too_little(string? type, string? id, string queue, string reason)
    {
        var properties = new BasicProperties();
        if (type is not null)
        {
            properties.Type = type;
        }

        if (id is not null)
        {
            properties.MessageId = id;
        }

        Assert.Null(Wire.TryRead(properties, queue, Now, out var problem));
        Assert.Contains(reason, problem, StringComparison.Ordinal);
    }
}

public sealed class Acknowledgements
{
    [Fact]
    public void Are_one_for_a_run_and_single_behind_a_gap()
    {
        var acks = new AckPrefix();
        Assert.Equal("3:", Text(acks.Add([2, 1, 3])));
        Assert.Equal(":5,7", Text(acks.Add([7, 5])));
        // 5 is acknowledged already: the broker would take it for an error. 6 is open, and ends the run.
        Assert.Equal("6:", Text(acks.Add([4, 6])));
        Assert.Equal("8:", Text(acks.Add([8])));
        Assert.Equal(":", Text(acks.Add([8, 2])));
    }

    private static string Text((ulong? UpTo, IReadOnlyList<ulong> Single) acks) => $"{acks.UpTo}:{string.Join(',', acks.Single)}";
}
