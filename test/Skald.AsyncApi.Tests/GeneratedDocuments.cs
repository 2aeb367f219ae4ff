using System.Text.Json;
using System.Text.Json.Nodes;
using Skald.Messaging;

namespace Skald.AsyncApi.Tests;

/// <summary>What documents are made of, shown with messages that make it hard.</summary>
public sealed class A_document(OfficialParser parser) : IClassFixture<OfficialParser>
{
    private static readonly JsonObject Wild = JsonNode.Parse(AsyncApiDocument.Of(Odd.Everything(), new AsyncApiOptions { Wire = new RabbitMq.RabbitWire(new RabbitMq.RabbitMqOptions()) }).Json)!.AsObject();

    [Fact]
    public async Task Is_valid_whatever_names_and_types_messages_have()
    {
        var document = AsyncApiDocument.Of(Odd.Everything());

        var verdicts = await parser.ParseAsync(document.Json, document.Yaml, Wild.ToJsonString());

        Assert.All(verdicts, v => Assert.Empty(v.Problems));
        Assert.Equal(verdicts[0].Operations.Select(Line), verdicts[1].Operations.Select(Line));
        Assert.Contains(verdicts[1].Operations, o => o.Messages.Contains("<script>alert('x')</script>/~1: #\u2028 null"));
        Assert.Contains(verdicts[1].Operations, o => o.Answers.Contains("true"));
        DocumentChecks.ReferencesResolve(Wild);
        DocumentChecks.ReplyAddressesAreOpen(Wild);
        DocumentChecks.NothingIsUnused(Wild);
        // Sent and received: plant, hostile, lookalike; awaited: the sunrise; published and subscribed to: the leaf.
        Assert.Equal(9, Wild["operations"]!.AsObject().Count);

        static string Line(ParsedOperation o) => $"{o.Id} {o.Action} {string.Join('|', o.Messages)} {string.Join('|', o.Answers)} {string.Join('|', o.Channels)}";
    }

    [Fact]
    public void Is_the_same_text_every_time()
    {
        var (first, second) = (AsyncApiDocument.Of(Odd.Everything()), AsyncApiDocument.Of(Odd.Everything()));

        Assert.Equal(first.Json, second.Json);
        Assert.Equal(first.Yaml, second.Yaml);
        Assert.Equal(first.Html, second.Html);
    }

    [Fact]
    public void Has_each_type_once_also_one_that_contains_itself()
    {
        Assert.Equal("""{"$ref":"#/components/schemas/Tree"}""", Schema("Plant", "tree"));
        Assert.Equal("""{"anyOf":[{"$ref":"#/components/schemas/Tree"},{"type":"null"}]}""", Schema("Plant", "graft"));
        Assert.Equal("""{"type":"array","items":{"$ref":"#/components/schemas/Tree"}}""", Schema("Tree", "branches"));
        Assert.Equal("""{"description":"The one it grew from.","anyOf":[{"$ref":"#/components/schemas/Tree"},{"type":"null"}]}""", Schema("Tree", "parent"));
        Assert.Equal("""{"type":"object","additionalProperties":{"$ref":"#/components/schemas/Leaf"}}""", Schema("Plant", "leaves"));
    }

    [Fact]
    public void Says_what_is_written_to_the_wire()
    {
        Assert.Equal("""{"type":["number","null"]}""", Schema("Plant", "weight"));
        Assert.Equal("""{"type":"integer"}""", Schema("Plant", "season"));
        Assert.Equal("""{"type":"string","format":"uuid"}""", Schema("Plant", "key"));
        Assert.Equal("""{"type":"string","format":"date-time"}""", Schema("Plant", "at"));
        var cases = Wild["components"]!["schemas"]!["Shape"]!["anyOf"]!.AsArray();
        Assert.Equal(["circle", "square"], cases.Select(c => c!["properties"]!["$type"]!["const"]!.GetValue<string>()));
        Assert.Equal("#/components/schemas/Leaf", cases[1]!["properties"]!["corner"]!["$ref"]!.GetValue<string>());
        Assert.Equal(["tree", "graft", "shape", "leaves", "weight", "season", "key", "at"], Names(Wild["components"]!["schemas"]!["Plant"]!["required"]!));
    }

    [Fact]
    public void Shows_the_refusal_that_a_saga_reads()
    {
        var send = Wild["operations"]!.AsObject().Single(o => Field(o.Value, "action") == "send" && o.Key.StartsWith("odd.plant", StringComparison.Ordinal)).Value!;
        var refusal = Resolve(send["reply"]!["messages"]![1]!);

        Assert.Equal("odd.plant.response.failure", Field(refusal, "name"));
        Assert.Equal(["hours", "type", "message"], Resolve(refusal["payload"]!)["properties"]!.AsObject().Select(p => p.Key));
        Assert.Equal("do", send["x-saga-steps"]![0]!["purpose"]!.GetValue<string>());
    }

    [Fact]
    public void Receives_the_event_that_a_saga_waits_for()
    {
        var sunrise = Wild["operations"]!["SUN_ROSE"]!;

        Assert.Equal("receive", Field(sunrise, "action"));
        Assert.Equal("wild.odd.replies", Field(Resolve(sunrise["channel"]!), "address"));
        Assert.Equal("sunrise", sunrise["x-saga-steps"]![0]!["step"]!.GetValue<string>());
    }

    [Fact]
    public void Sends_what_is_published_and_receives_what_is_subscribed_to()
    {
        var (sent, received) = (Wild["operations"]!["LEAF_FELL"]!, Wild["operations"]!["LEAF_FELL_2"]!);

        Assert.Equal(("send", "receive"), (Field(sent, "action"), Field(received, "action")));
        var topic = Resolve(sent["channel"]!);
        Assert.Same(topic, Resolve(received["channel"]!));
        Assert.Equal(("wild.leaves", "routingKey"), (Field(topic, "address"), Field(topic["bindings"]!["amqp"], "is")));
        Assert.Equal("skald.topics", Field(topic["bindings"]!["amqp"]!["exchange"], "name"));
        Assert.Equal("wild.odd.events", Field(received["x-subscription"], "queue"));
    }

    [Fact]
    public void Changes_with_a_message()
    {
        var before = AsyncApiDocument.Of(Odd.Service("wild.odd", s => s.AddHandlers<Before>()));
        var after = AsyncApiDocument.Of(Odd.Service("wild.odd", s => s.AddHandlers<After>()));

        var (old, changed) = (JsonNode.Parse(before.Json)!, JsonNode.Parse(after.Json)!);
        Assert.NotEqual(before.Yaml, after.Yaml);
        Assert.Equal(["litres"], old["components"]!["schemas"]!["Water"]!["properties"]!.AsObject().Select(p => p.Key));
        Assert.Equal(["litres", "warm"], changed["components"]!["schemas"]!["Water"]!["properties"]!.AsObject().Select(p => p.Key));
        Assert.Equal(before.Json.Contains("WATERED", StringComparison.Ordinal), !after.Json.Contains("WATERED", StringComparison.Ordinal));
    }

    [Fact]
    public void Lists_the_headers_that_are_written_to_RabbitMQ()
    {
        var written = new RabbitMq.OutgoingProperties().Of(new Envelope
        {
            Id = Guid.Empty, Type = "t", Kind = MessageKind.Event, Source = "a.b", Destination = "a.c.commands", ReplyTo = "a.b.replies",
            Saga = new SagaId(Guid.Empty), Step = "s", Attempt = 1, WasDone = true, Mac = Guid.AllBitsSet, Causation = Guid.Empty, HandledIn = TimeSpan.Zero, TraceParent = "00-0", Time = DateTimeOffset.UnixEpoch,
        });

        var published = new RabbitMq.OutgoingProperties().Of(new Envelope
        {
            Id = Guid.Empty, Type = "t", Kind = MessageKind.Event, Source = "a.b", Destination = "a.topic", Published = true, Flow = "f",
            Place = new StreamPlace("s", 2, 1), Time = DateTimeOffset.UnixEpoch,
        });

        var schema = Wild["components"]!["schemas"]!["CloudEventsHeaders"]!;
        Assert.Equal(written.Headers!.Keys.Union(published.Headers!.Keys).Order(), schema["properties"]!.AsObject().Select(p => p.Key).Order());
        var bare = new RabbitMq.OutgoingProperties().Of(new Envelope
        {
            Id = Guid.Empty, Type = "t", Kind = MessageKind.Command, Source = "a.b", Destination = "a.c.commands", Time = DateTimeOffset.UnixEpoch,
        });
        Assert.Equal(bare.Headers!.Keys.Order(), Names(schema["required"]!).Order());
    }

    private static string Schema(string type, string property) =>
        Wild["components"]!["schemas"]![type]!["properties"]![property]!.ToJsonString();

    private static IEnumerable<string> Names(JsonNode list) => list.AsArray().Select(n => n!.GetValue<string>());

    private static string? Field(JsonNode? node, string name) => node?[name]?.GetValue<string>();

    private static JsonNode Resolve(JsonNode node) => Pointers.Resolve(Wild, node)!;

    public sealed class Before
    {
        [Command("odd.water", To = "odd", Reply = "WATERED")]
        public sealed record Water(int Litres) : ICommand<Done>;

        public Reply<Done> Handle(Water command, MessageContext context) => Done.Instance;
    }

    public sealed class After
    {
        [Command("odd.water", To = "odd")]
        public sealed record Water(int Litres, bool Warm) : ICommand<Done>;

        public Reply<Done> Handle(Water command, MessageContext context) => Done.Instance;
    }
}
