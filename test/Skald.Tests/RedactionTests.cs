using System.Text;
using System.Text.Json.Serialization;
using Skald.Messaging;
using Xunit;

namespace Skald.Tests;

public sealed class What_is_not_shown
{
    private static readonly MessageSerializer Serializer = new();

    public sealed record Holder([Sensitive] string Name, int Age);

    public sealed record Whole
    {
        [Sensitive]
        public Holder? Hidden { get; init; }

        public Holder? Shown { get; init; }

        public IReadOnlyList<Holder> List { get; init; } = [];

        public IReadOnlyDictionary<string, Holder> Map { get; init; } = new Dictionary<string, Holder>();

        public Whole? Inner { get; init; }

        public Payment? Payment { get; init; }

        public Overridden? Overridden { get; init; }

        public string? Note { get; init; }
    }

    public abstract record Marked
    {
        [Sensitive]
        public abstract string Number { get; init; }
    }

    public sealed record Overridden : Marked
    {
        public override string Number { get; init; } = "";

        [JsonIgnore]
        public object? Ignored => null;
    }

    [JsonDerivedType(typeof(ByCard), "card")]
    [JsonDerivedType(typeof(InCash), "cash")]
    public abstract record Payment;

    public sealed record ByCard([property: Sensitive] long Number) : Payment;

    public sealed record InCash(decimal Amount) : Payment;

    public sealed record Plain(string Name, Plain? Next);

    [Theory]
    [InlineData("""{"note":"x","hidden":{"name":"Ann","age":7}}""", """{"note":"x","hidden":"***"}""")]
    [InlineData("""{"shown":{"name":"Ann","age":7}}""", """{"shown":{"name":"***","age":7}}""")]
    [InlineData("""{"list":[{"name":"Ann","age":7},{"NAME":null,"age":8}]}""", """{"list":[{"name":"***","age":7},{"NAME":"***","age":8}]}""")]
    [InlineData("""{"map":{"name":{"name":"Ann","age":7}}}""", """{"map":{"name":{"name":"***","age":7}}}""")]
    [InlineData("""{"inner":{"inner":{"shown":{"name":"Ann"}}}}""", """{"inner":{"inner":{"shown":{"name":"***"}}}}""")]
    [InlineData("""{"payment":{"$type":"card","number":4111}}""", """{"payment":{"$type":"card","number":"***"}}""")]
    [InlineData("""{"payment":{"$type":"cash","amount":5}}""", """{"payment":{"$type":"cash","amount":5}}""")]
    [InlineData("""{"shown":"no object","hiden":{"name":"Ann"}}""", """{"shown":"***","hiden":"***"}""")]
    [InlineData("""{"list":{"name":"Ann"},"map":[1],"payment":4111}""", """{"list":"***","map":"***","payment":"***"}""")]
    [InlineData("""{"note":"x","note":"y"}""", "\"***\"")]
    [InlineData("""{"overridden":{"number":"4111","ignored":{}}}""", """{"overridden":{"number":"***","ignored":"***"}}""")]
    [InlineData("no JSON", "\"***\"")]
    public void Has_a_mask_in_its_place(string json, string shown) => Assert.Equal(shown, Show(json, typeof(Whole)));

    [Fact]
    public void Leaves_what_has_nothing_to_hide_as_it_is()
    {
        Assert.False(Serializer.Redaction.IsSensitive(typeof(Plain)));
        Assert.Equal("no JSON", Show("no JSON", typeof(Plain)));
        Assert.Equal("""{"name":  "Ann"}""", Show("""{"name":  "Ann"}""", typeof(Plain), typeof(InCash)));
    }

    private static string Show(string json, params Type[] types) => Encoding.UTF8.GetString(Serializer.Redaction.Hide(Encoding.UTF8.GetBytes(json), types).Span);
}
