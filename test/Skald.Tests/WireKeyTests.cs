using Skald.Decisions;
using Skald.Messaging;
using Xunit;

namespace Skald.Tests;

/// <summary>By what a message is known. The figures were reckoned with Python's <c>hmac</c>.</summary>
public sealed class A_wire_key
{
    private const string Key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    private const string Other = "BAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    private static readonly byte[] Body = "{\"n\":1}"u8.ToArray();

    private static readonly Envelope Message = new()
    {
        Id = new Guid("0f8fad5b-d9cb-469f-a165-70867728950e"), Type = "billing.pay", Kind = MessageKind.Command, Source = "shop.order", Destination = "shop.billing.commands",
        ReplyTo = "shop.order.replies", Flow = "order 7", Saga = new SagaId(new Guid("00000001-0002-0003-0405-060708090a0b")), Step = "pay — ✓", Attempt = 3, Undo = true,
        Secret = new Guid("7c9e6679-7425-40de-944b-e07fc1f90ae7"), HandledIn = TimeSpan.FromMilliseconds(7), Time = DateTimeOffset.UnixEpoch,
    };

    private static readonly Envelope Event = new()
    {
        Id = Message.Id, Type = "ORDER_PAID", Kind = MessageKind.Event, Source = "shop.order", Destination = "shop.orders", Published = true,
        Place = new StreamPlace("order/7", 3, 2), Causation = Message.Secret, Time = DateTimeOffset.UnixEpoch,
    };

    /// <summary>Every member of an envelope, changed.</summary>
    private static readonly Dictionary<string, Func<Envelope, Envelope>> Changes = new()
    {
        [nameof(Envelope.Id)] = e => e with { Id = Guid.Empty },
        [nameof(Envelope.Type)] = e => e with { Type = e.Type + "x" },
        [nameof(Envelope.Kind)] = e => e with { Kind = e.Kind == MessageKind.Reply ? MessageKind.Refusal : MessageKind.Reply },
        [nameof(Envelope.Source)] = e => e with { Source = "shop.billing" },
        [nameof(Envelope.Destination)] = e => e with { Destination = "shop.stock.commands" },
        [nameof(Envelope.Published)] = e => e with { Published = !e.Published },
        [nameof(Envelope.ReplyTo)] = e => e with { ReplyTo = "shop.thief.replies" },
        [nameof(Envelope.Flow)] = e => e with { Flow = "order 8" },
        [nameof(Envelope.Saga)] = e => e with { Saga = new SagaId(new Guid(9, 0, 0, new byte[8])) },
        [nameof(Envelope.Step)] = e => e with { Saga = e.Saga ?? default(SagaId), Step = e.Step is null ? "pay" : null },
        [nameof(Envelope.Place)] = e => e with { Place = new StreamPlace("order/7", 2, 2) },
        [nameof(Envelope.Attempt)] = e => e with { Saga = e.Saga ?? default(SagaId), Step = e.Step ?? "pay", Attempt = e.Attempt + 1 },
        [nameof(Envelope.Undo)] = e => e with { Saga = e.Saga ?? default(SagaId), Step = e.Step ?? "pay", Undo = !e.Undo },
        [nameof(Envelope.WasDone)] = e => e with { WasDone = !e.WasDone },
        [nameof(Envelope.Secret)] = e => e with { Saga = e.Saga ?? default(SagaId), Step = e.Step ?? "pay", Secret = Guid.AllBitsSet },
        [nameof(Envelope.Mac)] = e => e with { Mac = new Guid(1, 0, 0, new byte[8]) },
        [nameof(Envelope.Causation)] = e => e with { Causation = Guid.AllBitsSet },
        [nameof(Envelope.HandledIn)] = e => e with { HandledIn = TimeSpan.FromMilliseconds(8) },
    };

    private static readonly string[] DecidesNothing = [nameof(Envelope.Time), nameof(Envelope.TraceParent)];

    public static TheoryData<string> Members => [.. typeof(Envelope).GetProperties().Select(p => p.Name).Except(DecidesNothing)];

    [Fact]
    public void Makes_the_macs_that_others_would_make()
    {
        var keys = WireKeys.Parse(Key);
        Assert.Equal("29ffc0d0a3af2c5e2ad9202505b15629", keys.Sign(new OutgoingMessage(Message, Body)).Envelope.Mac.ToString("N"));
        Assert.Equal("97a13bcf5ec216f2cc7bef383a08f151", keys.Sign(new OutgoingMessage(Event, default)).Envelope.Mac.ToString("N"));
    }

    [Theory]
    [MemberData(nameof(Members))]
    public void Shows_that_a_member_was_changed(string member)
    {
        var keys = WireKeys.Parse(Key);
        foreach (var (envelope, body) in new[] { (Message, Body), (Event, []) })
        {
            var signed = keys.Sign(new OutgoingMessage(envelope, body)).Envelope;
            Assert.True(keys.Accepts(signed, body));
            Assert.False(keys.Accepts(Changes[member](signed), body));
        }
    }

    [Fact]
    public void Shows_that_a_body_was_changed()
    {
        var keys = WireKeys.Parse(Key);
        Assert.False(keys.Accepts(keys.Sign(new OutgoingMessage(Message, Body)).Envelope, "{\"n\":2}"u8));
    }

    [Theory]
    [InlineData(Key, Key, true)]
    [InlineData(Key, Other, false)]
    [InlineData(Key + "," + Other, Other, false)]
    [InlineData(Key + "," + Other, Other + "," + Key, true)]
    [InlineData(Other + ", " + Key, Key, false)]
    [InlineData(Key, Other + "," + Key, true)]
    [InlineData("none", Key, false)]
    [InlineData("none", "none", true)]
    [InlineData("none", Key + ",none", true)]
    [InlineData(Key, "none", true)]
    public void Is_replaced_by_giving_everybody_two(string sender, string receiver, bool isBelieved)
    {
        var signed = WireKeys.Parse(sender).Sign(new OutgoingMessage(Message, Body)).Envelope;
        Assert.Equal(isBelieved, WireKeys.Parse(receiver).Accepts(signed, Body));
    }

    [Theory]
    [InlineData("")]
    [InlineData("secret")]
    [InlineData("c2hvcnQ=")]
    [InlineData(Key + "," + Other + ",none")]
    [InlineData(Key + ",")]
    [InlineData("NONE")]
    public void Is_refused_without_being_repeated(string text)
    {
        var exception = Assert.Throws<FormatException>(() => WireKeys.Parse(text));
        Assert.True(text.Length == 0 || !exception.Message.Contains(text, StringComparison.Ordinal));
    }

    [Fact]
    public void Is_shown_to_nobody()
    {
        Assert.Equal("(key),none", WireKeys.Parse(Key + ",none").ToString());
        Assert.DoesNotContain("AAEC", (new SkaldOptions { WireKeys = WireKeys.Parse(Key) }).ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("7c9e6679", Message.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Has_nothing_to_do_with_the_secrets_of_steps()
    {
        var secrets = new StepSecrets(Convert.FromBase64String(Key));
        // Message has a saga.
        Assert.Equal("5bfbcde659c553aa0f32eaf49abba795", secrets.Of(Message.Saga!.Value, "pay — ✓").ToString("N"));
        Assert.NotEqual(secrets.Of(Message.Saga.Value, "pay"), secrets.Of(Message.Saga.Value, "pay — ✓"));
        Assert.Equal(secrets.Of(Message.Saga.Value, new string('x', 2000)), secrets.Of(Message.Saga.Value, new string('x', 2000)));
    }
}
