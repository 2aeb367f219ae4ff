using System.Text;
using System.Text.Json;
using Skald.Decisions;
using Skald.Messaging;
using Xunit;

namespace Skald.Tests;

public sealed class An_envelope
{
    private static readonly Envelope Full = new()
    {
        Id = MessageIds.Command(new SagaId(new Guid(7, 1, 1, new byte[8])), "pay — ✓", default, 3, undo: true),
        Type = "billing.pay",
        Kind = MessageKind.Refusal,
        Source = "t.orders",
        Destination = "t.billing.commands",
        ReplyTo = "t.orders.replies",
        Saga = new SagaId(new Guid(7, 1, 1, new byte[8])),
        Step = "pay \"now\" — ✓\u2028",
        Attempt = 3,
        Undo = true,
        Secret = new Guid(9, 1, 1, new byte[8]),
        Mac = new Guid(10, 1, 1, new byte[8]),
        Causation = new Guid(8, 1, 1, new byte[8]),
        HandledIn = TimeSpan.FromMilliseconds(1234),
        TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        Time = new DateTimeOffset(2030, 1, 2, 3, 4, 5, 678, TimeSpan.Zero),
    };

    [Fact]
    public void Comes_back_with_every_field() => Assert.Equal(Full, EnvelopeCodec.Decode(EnvelopeCodec.Encode(Full)));

    [Fact]
    public void Comes_back_with_nothing_where_nothing_was()
    {
        var bare = Full with { ReplyTo = null, Saga = null, Step = null, Attempt = 0, Undo = false, Secret = default, Mac = default, Causation = null, HandledIn = null, TraceParent = null };
        Assert.Equal(bare, EnvelopeCodec.Decode(EnvelopeCodec.Encode(bare)));
        Assert.DoesNotContain("saga", Encoding.UTF8.GetString(EnvelopeCodec.Encode(bare)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("7")]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("{\"id\":\"x\",\"type\":\"t\",\"kind\":0,\"time\":\"2030-01-01\"}")]
    [InlineData("{\"id\":\"00000001-0000-0000-0000-000000000000\",\"type\":null,\"kind\":0,\"time\":\"2030-01-01\"}")]
    [InlineData("{\"id\":\"00000001-0000-0000-0000-000000000000\",\"type\":\"t\",\"kind\":\"command\",\"time\":\"2030-01-01\"}")]
    [InlineData("{\"id\":\"00000001-0000-0000-0000-000000000000\",\"type\":\"t\",\"kind\":99,\"time\":\"2030-01-01\"}")]
    [InlineData("{\"id\":\"00000001-0000-0000-0000-000000000000\",\"type\":\"t\",\"kind\":0,\"time\":\"yesterday\"}")]
    [InlineData("{\"id\":\"00000001-0000-0000-0000-000000000000\",\"type\":\"t\",\"kind\":0,\"attempt\":99999999999,\"time\":\"2030-01-01\"}")]
    [InlineData("{\"id\":\"00000001-0000-0000-0000-000000000000\",\"type\":\"t\",\"kind\":0,\"undo\":\"yes\",\"time\":\"2030-01-01\"}")]
    [InlineData("{\"id\":\"00000001-0000-0000-0000-000000000000\",\"type\":{\"a\":{\"b\":{}}},\"kind\":0,\"time\":\"2030-01-01\"}")]
    public void Is_refused_when_it_is_not_one(string json) =>
        Assert.ThrowsAny<JsonException>(() => EnvelopeCodec.Decode(Encoding.UTF8.GetBytes(json)));

    [Theory]
    [InlineData("{\"time\":\"2030-01-01T00:00:00Z\",\"kind\":0,\"more\":[1],\"type\":\"a\",\"type\":\"t\",\"id\":\"00000001-0000-0000-0000-000000000000\"}")]
    [InlineData("{\"\\u0069d\":\"00000001-0000-0000-0000-000000000000\",\"type\":\"t\",\"kind\":0,\"source\":null,\"time\":\"2030-01-01T00:00:00Z\",\"what\":{}}  ")]
    public void Is_read_in_any_order_with_members_that_nobody_knows(string json) =>
        Assert.Equal(("t", MessageKind.Command, ""), EnvelopeCodec.Decode(Encoding.UTF8.GetBytes(json)) is var e ? (e.Type, e.Kind, e.Source) : default);

    [Theory]
    [InlineData("}")]
    [InlineData(" 7")]
    [InlineData("{}")]
    public void Is_refused_when_something_follows_it(string more) =>
        Assert.ThrowsAny<JsonException>(() => EnvelopeCodec.Decode((byte[])[.. EnvelopeCodec.Encode(Full), .. Encoding.UTF8.GetBytes(more)]));

    [Fact]
    public void Cut_off_anywhere_is_refused()
    {
        var bytes = EnvelopeCodec.Encode(Full);
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.ThrowsAny<JsonException>(() => EnvelopeCodec.Decode(bytes.AsMemory(0, length)));
        }
    }
}

public sealed class A_body
{
    private readonly MessageSerializer _serializer = new();

    [Fact]
    public void Comes_back_equal() =>
        Assert.Equal(new SeatReserved("12A — ✓"), _serializer.Read(_serializer.Write(new SeatReserved("12A — ✓")), typeof(SeatReserved)));

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{\"seat\":")]
    [InlineData("[]")]
    [InlineData("{\"seat\":\"1\"} trailing")]
    [InlineData("{\"seat\":\"1\",\"seat\":\"2\"}")]
    [InlineData("{\"seat\":\"1\",\"Seat\":\"2\"}")]
    [InlineData("{\"seat\":{\"deep\":1}}")]
    public void Is_refused_when_it_is_malformed(string json) =>
        Assert.ThrowsAny<JsonException>(() => _serializer.Read(Encoding.UTF8.GetBytes(json), typeof(SeatReserved)));

    [Fact]
    public void Is_refused_when_it_is_too_deep() =>
        Assert.ThrowsAny<JsonException>(() => _serializer.Read(Encoding.UTF8.GetBytes(new string('[', 40) + new string(']', 40)), typeof(JsonElement)));

    [Fact]
    public void Is_refused_when_it_is_too_large()
    {
        var json = Encoding.UTF8.GetBytes($"{{\"seat\":\"{new string('x', MessageSerializer.MaxBodyBytes)}\"}}");
        Assert.ThrowsAny<JsonException>(() => _serializer.Read(json, typeof(SeatReserved)));
        Assert.Throws<InvalidOperationException>(() => _serializer.Write(new SeatReserved(new string('x', MessageSerializer.MaxBodyBytes))));
    }

    [Fact]
    public void May_carry_more_than_its_reader_knows() =>
        Assert.Equal(new SeatReserved("1"), _serializer.Read("{\"seat\":\"1\",\"new\":{\"a\":[1]}}"u8, typeof(SeatReserved)));

    [Fact]
    public void Carries_what_a_derived_refusal_adds()
    {
        Refusal refusal = new CardDeclined("CardDeclined", "no", "First Bank");
        Assert.Equal(refusal, _serializer.Read(_serializer.Write(refusal), typeof(CardDeclined)));
        Assert.Equal(new Refusal("CardDeclined", "no"), _serializer.Read(_serializer.Write(refusal), typeof(Refusal)));
    }
}

public sealed class A_message_id
{
    private static readonly SagaId Saga = new(new Guid(1, 2, 3, new byte[8]));

    [Fact]
    public void Is_the_same_for_the_same_request_and_another_for_any_other()
    {
        var id = MessageIds.Command(Saga, "pay", default, 1, undo: false);
        Assert.Equal(id, MessageIds.Command(Saga, "pay", default, 1, undo: false));
        Guid[] others =
        [
            MessageIds.Command(Saga, "pay", default, 2, undo: false), MessageIds.Command(Saga, "pay", default, 1, undo: true),
            MessageIds.Command(Saga, "pay ", default, 1, undo: false), MessageIds.Command(new SagaId(Guid.Empty), "pay", default, 1, undo: false),
            MessageIds.Reply(id), MessageIds.Sent(id, 0), MessageIds.Sent(id, 1), MessageIds.Command(Saga, new string('x', 500), default, 1, false),
        ];
        Assert.Equal(others.Length, others.Distinct().Count());
        Assert.DoesNotContain(id, others);
        Assert.Equal(8, id.Version);
    }
}

public sealed class A_status
{
    [Fact]
    public void That_is_final_is_followed_by_none()
    {
        foreach (var status in Enum.GetValues<SagaStatus>())
        {
            Assert.Equal(status.IsFinal(), status.Next().Count == 0);
            Assert.DoesNotContain(status, status.Next());
            Assert.Equal(status.ToString(), status.Word(), ignoreCase: true);
        }
    }
}
