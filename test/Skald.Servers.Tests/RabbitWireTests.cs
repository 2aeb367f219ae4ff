using RabbitMQ.Client;
using Skald.Decisions;
using Skald.Messaging;
using Skald.RabbitMq;
using Xunit;

namespace Skald.Servers.Tests;

public sealed class A_message_from_a_stranger
{
    private static readonly SagaId Saga = new(new Guid("01890a5d-ac96-774b-bcce-b302099a8057"));
    private static readonly Guid Secret = new("7c9e6679-7425-40de-944b-e07fc1f90ae7");
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("cash.charge.response.success", MessageKind.Reply)]
    [InlineData("cash.charge.response.failure", MessageKind.Refusal)]
    public void Is_an_answer_when_it_copies_the_correlation_id(string type, MessageKind kind)
    {
        var properties = new BasicProperties { Type = type, CorrelationId = new Correlation(Saga, "charge/the card — ✓", Secret, 3, true).ToString() };
        var envelope = Wire.TryRead(properties, "shop.order.replies", Now, out _);
        Assert.NotNull(envelope);
        Assert.Equal((kind, Saga, "charge/the card — ✓", Secret, 3, true), (envelope.Kind, envelope.Saga, envelope.Step, envelope.Secret, envelope.Attempt, envelope.Undo));
        Assert.Equal(MessageIds.Reply(MessageIds.Command(Saga, "charge/the card — ✓", Secret, 3, true)), envelope.Id);
        Assert.Equal(Now, envelope.Time);
    }

    [Fact]
    public void Is_a_refusal_under_any_name_when_its_header_says_so() =>
        Assert.Equal(MessageKind.Refusal, Wire.TryRead(
            new BasicProperties { Type = "no", CorrelationId = $"{Saga}/{Secret:N}/1/do/s", Headers = new Dictionary<string, object?> { ["cloudEvents_kind"] = "refusal"u8.ToArray() } },
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

public sealed class A_message_of_ours
{
    private static readonly Envelope Command = new()
    {
        Id = new Guid("01890a5d-ac96-774b-bcce-b302099a8057"), Type = "cash.charge", Kind = MessageKind.Command, Source = "shop.order", Destination = "shop.cash.commands",
        ReplyTo = "shop.order.replies", Saga = new SagaId(new Guid("01890a5d-ac96-774b-bcce-b302099a8058")), Step = "charge/the card — ✓", Secret = new Guid(7, 7, 7, new byte[8]), Attempt = 3, Undo = true,
        Time = new DateTimeOffset(2030, 1, 1, 12, 30, 0, TimeSpan.Zero).AddTicks(1234567),
    };

    private static readonly List<Envelope> Envelopes =
    [
        Command,
        Command with { Kind = MessageKind.Reply, Type = "cash.charge.response.success", Destination = "shop.order.replies", ReplyTo = null, Causation = Command.Id, HandledIn = TimeSpan.FromMilliseconds(1234) },
        Command with { Kind = MessageKind.Refusal, Type = "cash.charge.response.failure", Destination = "shop.order.replies", ReplyTo = null, Causation = Command.Id },
        Command with { Kind = MessageKind.Refusal, Type = "no", Destination = "shop.order.replies", TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" },
        Command with { Kind = MessageKind.Event, Type = "cash.closed", Destination = "shop.order.replies", Step = null, Secret = default, Attempt = 0, Undo = false },
        Command with { Kind = MessageKind.Event, Type = "cash.closed", Saga = null, Step = null, Secret = default, Attempt = 0, Undo = false, Causation = Command.Id, Mac = new Guid(8, 8, 8, new byte[8]) },
    ];

    /// <summary>One object writes them all: nothing of a message may stay behind for the next.</summary>
    [Fact]
    public void Is_read_as_it_was_written_whatever_was_written_before()
    {
        var outgoing = new OutgoingProperties();
        foreach (var envelope in Envelopes.Concat(Enumerable.Reverse(Envelopes)))
        {
            Assert.Equal(envelope, Wire.TryRead(OnTheWire(outgoing.Of(envelope)), envelope.Destination, DateTimeOffset.UnixEpoch, out _));
        }
    }

    [Fact]
    public void Carries_the_attributes_of_CloudEvents_and_says_its_kind_only_where_it_does_not_show()
    {
        string[] always = ["correlationid", "id", "source", "specversion", "time", "type"];
        Assert.Equal(always, HeadersOf(Command));
        Assert.Equal([.. always.Append("kind").Order(StringComparer.Ordinal)], HeadersOf(Command with { Kind = MessageKind.Event }));
        Assert.Equal(["causationid", "id", "kind", "source", "specversion", "time", "traceparent", "type"], HeadersOf(Command with
        {
            Saga = null, Step = null, Kind = MessageKind.Event, Causation = Command.Id, TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        }));
    }

    /// <summary>Other languages write whole numbers in as many bytes as they need, or as text.</summary>
    [Fact]
    public void Says_how_long_its_command_was_handled_in_any_whole_number()
    {
        foreach (var (header, milliseconds) in (List<(object, int?)>)
            [((sbyte)7, 7), ((short)300, 300), (70_000, 70_000), (70_000L, 70_000), ("12"u8.ToArray(), 12), (-1, null), (long.MaxValue, null), ("soon"u8.ToArray(), null), (1.5, null)])
        {
            var properties = new OutgoingProperties().Of(Command);
            properties.Headers!["cloudEvents_handledin"] = header;
            Assert.Equal(milliseconds, (int?)Wire.TryRead(properties, Command.Destination, DateTimeOffset.UnixEpoch, out _)!.HandledIn?.TotalMilliseconds);
        }
    }

    private static List<string> HeadersOf(Envelope envelope) =>
        [.. new OutgoingProperties().Of(envelope).Headers!.Keys.Select(k => k["cloudEvents_".Length..]).Order(StringComparer.Ordinal)];

    /// <summary>Texts arrive as bytes.</summary>
    private static BasicProperties OnTheWire(BasicProperties sent) => new(sent)
    {
        Headers = sent.Headers!.ToDictionary(h => h.Key, h => h.Value is string text ? System.Text.Encoding.UTF8.GetBytes(text) : ((byte[])h.Value!).ToArray() as object)!,
    };
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
