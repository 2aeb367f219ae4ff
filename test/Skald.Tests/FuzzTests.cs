using System.Text;
using System.Text.Json;
using Skald.Decisions;
using Skald.Messaging;
using Skald.Storage;
using Xunit;

namespace Skald.Tests;

/// <summary>Whatever comes from the wire or out of a damaged row is read, or refused as the documentation says: nothing else is thrown, and memory stays in proportion.</summary>
public sealed class A_parser
{
    private static readonly DateTimeOffset Noon = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Of_envelopes_throws_nothing_else() => Fuzzer.Run(
        [
            EnvelopeCodec.Encode(Envelope),
            EnvelopeCodec.Encode(Envelope with { Published = true, Saga = null, Step = null, Place = new StreamPlace("till/a", 3, 2), Flow = "F1" }),
            EnvelopeCodec.Encode(Envelope with { Kind = MessageKind.Refusal, Undo = true, Causation = Guid.Empty, HandledIn = TimeSpan.FromSeconds(3), TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" }),
        ],
        bytes => EnvelopeCodec.Decode(bytes), typeof(JsonException));

    [Fact]
    public void Of_messages_throws_nothing_else() => Fuzzer.Run(
        ["""{"trip":"T1"}"""u8.ToArray(), """{"trip":null,"more":[{"a":1.5e10}]}"""u8.ToArray()],
        bytes => new MessageSerializer().Read(bytes, typeof(ReserveSeat)), typeof(JsonException), typeof(NotSupportedException));

    [Fact]
    public void Of_sagas_throws_nothing_and_says_why()
    {
        var plan = new TestSaga(saga =>
        {
            saga.Step("a").Send(t => new ReserveSeat(t.Id)).Undo(t => new ReleaseSeat(t.Id));
            saga.Step("b").Send(t => new ReserveSeat(t.Id)).Undo(t => new ReleaseSeat(t.Id));
        }).Plan();
        var serializer = new MessageSerializer();
        Fuzzer.Run(
            ["{\"id\":\"T1\"}\n\na\t1\t1\t0\t1893499200000\t1893499230000\n"u8.ToArray(), "{\"id\":\"T1\"}\n\na\t2\t1\nb\t1\t1\t0\t1893499200000\t\n"u8.ToArray()],
            bytes =>
            {
                var row = Row(Encoding.UTF8.GetString(bytes));
                var saga = SagaCodec.FromRow(plan, row, serializer, out var problem);
                Assert.True(saga is null == problem is not null);
                return problem ?? string.Join(' ', saga!.Steps.Select(s => s.State));
            });
    }

    [Fact]
    public void Of_flows_throws_nothing_and_says_why() => Fuzzer.Run(
        ["""[{"Event":"PAID","By":"t.pay","At":"2030-01-01T12:00:00+00:00"}]"""u8.ToArray(), "[]"u8.ToArray()],
        bytes =>
        {
            var flow = FlowCodec.FromRow(new FlowRow { Id = default, Definition = "f", Flow = "F1", Version = 1, Status = (FlowStatus)(bytes.Length % 6), Seen = bytes, StartedAt = bytes.Length, UpdatedAt = 0 }, out var problem);
            Assert.True(flow is null == problem is not null);
            return problem ?? $"{flow!.Seen.Length}";
        });

    [Fact]
    public void Of_journals_throws_nothing() => Fuzzer.Run(
        [Encoding.UTF8.GetBytes(JournalCodec.Encode([new JournalEntry(JournalKind.Unknown, "a", "b"), new JournalEntry((JournalKind)1, null, null)])), "1\ta\t\n2\t\tx\n"u8.ToArray()],
        bytes => string.Join(' ', JournalCodec.Decode(Encoding.UTF8.GetString(bytes)).Select(e => e.Kind)));

    [Fact]
    public void Of_addresses_shows_no_password() => Fuzzer.Run(
        ["postgres://user:secret@host:5432/db"u8.ToArray(), "amqp://user:secret@host/v?heartbeat=5"u8.ToArray(), "sqlite"u8.ToArray()],
        bytes =>
        {
            var address = Encoding.UTF8.GetString(bytes);
            var shown = AddressScheme.WithoutUser($"amqp://u:s3cr3t{address.Replace("/", "", StringComparison.Ordinal)}@host");
            Assert.DoesNotContain("s3cr3t", shown, StringComparison.Ordinal);
            return $"{AddressScheme.WithoutUser(address) == address} {shown.EndsWith("...", StringComparison.Ordinal)} {address.Contains('?', StringComparison.Ordinal)}";
        });

    [Fact]
    public void That_throws_something_else_or_takes_too_much_is_found()
    {
        var thrown = Assert.Throws<InvalidOperationException>(() => Fuzzer.Run(["abc"u8.ToArray()], bytes => bytes.Contains((byte)0xff) ? throw new FormatException() : bytes.Length, typeof(JsonException)));
        Assert.IsType<FormatException>(thrown.InnerException);
        Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => Fuzzer.Run(["abc"u8.ToArray()], bytes => new byte[bytes.Length > 50 ? 1 << 20 : 1].Length));
    }

    [Theory]
    [InlineData("postgres://u:p@host/db", "postgres://host/db")]
    [InlineData("postgres://host/db?user=u&password=p", "postgres://host/db")]
    [InlineData("postgres://host/db?user=u&password=p@ssw0rd", "postgres://...")]
    [InlineData("postgres://u:p?w@host/db", "postgres://...")]
    [InlineData("postgres://u:p@host/db?sslmode=require", "postgres://host/db")]
    [InlineData("sqlite", "sqlite")]
    public void Of_addresses_leaves_what_may_be_shown(string address, string shown) => Assert.Equal(shown, AddressScheme.WithoutUser(address));

    private static SagaRow Row(string text)
    {
        var end = text.IndexOf("\n\n", StringComparison.Ordinal);
        var (state, steps) = end < 0 ? (text, text) : (text[..end], text[(end + 2)..]);
        return new SagaRow
        {
            Id = default, Definition = "test", Version = 1, Status = (SagaStatus)(text.Length % 7), State = Encoding.UTF8.GetBytes(state), Steps = steps,
            WakeAt = text.Length % 3 == 0 ? long.MaxValue : null, StartedAt = long.MinValue, UpdatedAt = 0,
        };
    }

    private static Envelope Envelope { get; } = new()
    {
        Id = new Guid(1, 2, 3, new byte[8]), Type = "seats.reserve", Kind = MessageKind.Command, Source = "t.trip", Destination = "t.seats.commands", ReplyTo = "t.trip.replies",
        Saga = new SagaId(new Guid(4, 5, 6, new byte[8])), Step = "reserve seat", Attempt = 1, Time = Noon,
    };
}
