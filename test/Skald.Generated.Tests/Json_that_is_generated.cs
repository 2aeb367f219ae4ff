using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;
using Skald.Messaging;
using Xunit;

namespace Skald.Generated.Tests;

/// <summary>What the generator writes is what reflection would have found: the same text, the same value read back, the same schema.</summary>
public sealed class Json_that_is_generated
{
    private static readonly JsonSerializerOptions Generated = new MessageSerializer().Options;

    private static readonly JsonSerializerOptions Reflected = new(JsonSerializerDefaults.Web)
    {
        MaxDepth = 32, AllowDuplicateProperties = false, TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
    };

    private static readonly Dictionary<string, object> Animals = new()
    {
        ["defaults"] = new Defaults(),
        ["other than defaults"] = new Defaults("x", 'y', Plain.One, Worded.Little, 2m, 1.5, 2f, 1, 2, false, new Inner("in", null), null, 1),
        ["members"] = new Members(1, "two") { Init = "given", Set = "set", Required = new Inner("needed"), Named = Guid.Empty, Earliest = 4, AsWord = Plain.Two }.Hide(9),
        ["collections"] = new Collections(
            [1, 2], [new Inner("a")], ["r"], [3L], [4], [5], ["s"], new HashSet<Guid> { Guid.Empty }, [new Money(1, "EUR")], [6], ["t"], [7], [8], new Queue<int>([9]),
            new() { ["k"] = 1 }, new Dictionary<Guid, Inner> { [Guid.Empty] = new("v") }, ImmutableDictionary<Plain, string>.Empty.Add(Plain.Two, "e"),
            ImmutableSortedDictionary<int, decimal>.Empty.Add(1, 2.5m), new() { ["w"] = true }, [1, 2, 3], [[1], []], [1, null], [Plain.One], ["z", "y"]),
        ["values"] = new Values(
            true, 1, -1, -2, 2, -3, 3, -4, 4, Int128.MaxValue, (Half)1.5, 1.5f, 2.5, 3.5m, 'c', "text", new DateTime(2026, 11, 30, 1, 2, 3, DateTimeKind.Utc), DateTimeOffset.UnixEpoch,
            new DateOnly(2026, 11, 30), new TimeOnly(1, 2), TimeSpan.FromMinutes(3), Guid.Empty, new Uri("https://skald.example/x"), new Version(1, 2),
            JsonDocument.Parse("""{"a":[1,null]}""").RootElement, JsonNode.Parse("[1]"), 1, null, Plain.Two, Worded.Much, new Money(9, "NOK")),
        ["page"] = new Page<Inner>([new("a"), new("b")], new Inner("a")),
        ["tree"] = new Tree("root", [new Tree("leaf", [])]),
        ["shapes"] = new Page<Shape>([new Circle("red", 1.5), new Square("blue") { Side = 2 }], null),
        ["temperature"] = new Temperature(36.6),
        ["dog"] = new Dog(3) { Name = "Rex" },
        ["parrot"] = new Parrot { Id = Guid.Empty, Count = 3, Price = 2.5m, Rest = new Dictionary<string, JsonElement> { ["says"] = JsonDocument.Parse("""{"Polly":[1]}""").RootElement } },
        ["point"] = new Point { X = 1, Y = 2 },
        ["paid"] = new Paid(2.5m),
        ["sealed"] = new Sealed("x"),
        ["twice"] = new Twice("a") { Name = "b" },
        ["versioned"] = new Versioned(),
        ["saga"] = new SagaId(Guid.Parse("00000000-0000-0000-0000-000000000001")),
    };

    public static TheoryData<string> Names => [.. Animals.Keys];

    private static JsonTypeInfo InfoOf(object value) => Generated.GetTypeInfo(value.GetType());

    [Theory]
    [MemberData(nameof(Names))]
    public void Is_used(string name) =>
        Assert.Equal(name == "saga", InfoOf(Animals[name]).OriginatingResolver is DefaultJsonTypeInfoResolver);

    [Theory]
    [MemberData(nameof(Names))]
    public void Writes_the_same(string name)
    {
        var value = Animals[name];
        Assert.Equal(JsonSerializer.Serialize(value, Reflected.GetTypeInfo(value.GetType())), JsonSerializer.Serialize(value, InfoOf(value)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Reads_the_same(string name)
    {
        var value = Animals[name];
        var json = JsonSerializer.Serialize(value, Reflected.GetTypeInfo(value.GetType()));
        var (generated, reflected) = (JsonSerializer.Deserialize(json, InfoOf(value)), JsonSerializer.Deserialize(json, Reflected.GetTypeInfo(value.GetType())));
        Assert.Equal(JsonSerializer.Serialize(reflected, Reflected.GetTypeInfo(value.GetType())), JsonSerializer.Serialize(generated, Reflected.GetTypeInfo(value.GetType())));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Describes_the_same(string name)
    {
        var type = Animals[name].GetType();
        Assert.Equal(Reflected.GetJsonSchemaAsNode(type).ToJsonString(), Generated.GetJsonSchemaAsNode(type).ToJsonString());
    }

    /// <summary>What the generator cannot write as reflection would, reflection writes.</summary>
    [Theory]
    [InlineData(typeof(Hiding), """{"name2":"a","name":"b"}""")]
    [InlineData(typeof(Priced), """{"price":150}""")]
    [InlineData(typeof(Private), """{"name":"n","age":3}""")]
    public void Is_left_to_reflection(Type type, string json)
    {
        Assert.IsType<DefaultJsonTypeInfoResolver>(Generated.GetTypeInfo(type).OriginatingResolver);
        Assert.Equal(json, JsonSerializer.Serialize(JsonSerializer.Deserialize(json, Generated.GetTypeInfo(type)), Generated.GetTypeInfo(type)));
    }

    /// <summary>Only the assembly that has a type sees all of it.</summary>
    [Fact]
    public void Is_not_asked_of_another_assembly() => Assert.IsType<DefaultJsonTypeInfoResolver>(Generated.GetTypeInfo(typeof(SagaId)).OriginatingResolver);

    /// <summary>A state that was stored before a member was added must keep what a new object has there.</summary>
    [Fact]
    public void Leaves_what_is_not_there_as_a_new_object_has_it()
    {
        var read = (Members)JsonSerializer.Deserialize("""{"first":1,"class":"x","required":{"text":"t"}}""", Generated.GetTypeInfo(typeof(Members)))!;
        Assert.Equal(("as it was", "too", 5, 3), (read.Init, read.Set, read.Hidden, read.Required.Number));
        var defaults = (Defaults)JsonSerializer.Deserialize("{}", Generated.GetTypeInfo(typeof(Defaults)))!;
        Assert.Equal(new Defaults(), defaults);
        Assert.Equal(new NotNumbers(), JsonSerializer.Deserialize("{}", Generated.GetTypeInfo(typeof(NotNumbers))));
    }

    [Theory]
    [InlineData("""{"first":1,"class":"x"}""", typeof(Members))]
    [InlineData("""{"first":"one","class":"x","required":{"text":"t"}}""", typeof(Members))]
    [InlineData("""{"kind":"triangle"}""", typeof(Shape))]
    [InlineData("""{"kind":"square","colour":"red"}""", typeof(Shape))]
    [InlineData("""[1]""", typeof(Tree))]
    [InlineData("""{"id":"00000000-0000-0000-0000-000000000000","count":"3"}""", typeof(Parrot))]
    [InlineData("""{"id":"00000000-0000-0000-0000-000000000000","count":-3}""", typeof(Parrot))]
    [InlineData("""{"count":3}""", typeof(Parrot))]
    public void Refuses_the_same(string json, Type type)
    {
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize(json, Reflected.GetTypeInfo(type)));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize(json, Generated.GetTypeInfo(type)));
    }

    /// <summary>The check of what comes back judges both alike.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Has_the_same_members_with_the_same_attributes(string name)
    {
        var type = Animals[name].GetType();
        IEnumerable<string> Members(JsonTypeInfo info) => info.Properties.Select(p =>
            $"{p.Name} {p.PropertyType} get {p.Get is not null} set {p.Set is not null || type.IsGenericType} required {p.IsRequired} {p.Order} {(p.IsRequired ? "" : p.AssociatedParameter?.Name)} {p.AttributeProvider} nullable {p.IsGetNullable} {p.IsSetNullable || type.IsGenericType}");
        Assert.Equal(Members(Reflected.GetTypeInfo(type)), Members(Generated.GetTypeInfo(type)));
        Assert.Equal(Reflected.GetTypeInfo(type).ConstructorAttributeProvider?.ToString(), Generated.GetTypeInfo(type).ConstructorAttributeProvider?.ToString());
    }
}
