using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Skald.Generated.Tests;

internal enum Plain
{
    One,
    Two,
}

[JsonConverter(typeof(JsonStringEnumConverter<Worded>))]
internal enum Worded
{
    Little,
    Much,
}

internal sealed record Inner(string Text, int? Number = 3);

internal readonly record struct Money(decimal Amount, string Currency);

internal sealed record Page<T>(IReadOnlyList<T> Items, T? First);

internal sealed record Tree(string Name, ImmutableArray<Tree> Children);

[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Circle), "circle")]
[JsonDerivedType(typeof(Square), "square")]
internal abstract record Shape(string Colour);

internal sealed record Circle(string Colour, double Radius) : Shape(Colour);

internal sealed record Square(string Colour) : Shape(Colour)
{
    public required int Side { get; init; }
}

[JsonConverter(typeof(TemperatureConverter))]
internal sealed record Temperature(double Degrees);

internal sealed class TemperatureConverter : JsonConverter<Temperature>
{
    public override Temperature Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(double.Parse(reader.GetString()!, System.Globalization.CultureInfo.InvariantCulture));

    public override void Write(Utf8JsonWriter writer, Temperature value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.Degrees.ToString(System.Globalization.CultureInfo.InvariantCulture));
}

/// <summary>Defaults of parameters, of each kind of constant.</summary>
internal sealed record Defaults(
    string Text = "say \"no\"\\\n", char Sign = '\'', Plain Choice = Plain.Two, Worded Word = Worded.Much, decimal Price = 1.50m, double Rate = 0.1, float Share = 0.25f,
    long Many = long.MinValue, ulong Most = ulong.MaxValue, bool Yes = true, Inner? Nothing = null, int? Perhaps = 7, byte Small = 200);

/// <summary>Constants that no literal gives, or JSON has none for.</summary>
internal sealed record NotNumbers(double Rate = double.NaN, float Least = float.NegativeInfinity, Money Nought = default);

/// <summary>Ways in which a member gets its value.</summary>
internal sealed record Members(int First, string @class)
{
    public string Init { get; init; } = "as it was";

    public string Set { get; set; } = "too";

    public required Inner Required { get; init; }

    public string? Nullable { get; init; }

    [JsonPropertyName("other name")]
    public Guid Named { get; init; }

    [JsonIgnore]
    public string Left { get; init; } = "out";

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? LeftWhenNull { get; init; }

    [JsonInclude]
    public int Hidden { get; private set; } = 5;

    [JsonPropertyOrder(-1)]
    public int Earliest { get; init; }

    [JsonConverter(typeof(JsonStringEnumConverter<Plain>))]
    public Plain AsWord { get; init; }

    public int Computed => First + 1;

    internal string Internal { get; init; } = "";

    public Members Hide(int value) => this with { Hidden = value };
}

/// <summary>Collections of each kind.</summary>
internal sealed record Collections(
    int[] Array, List<Inner> List, IReadOnlyList<string> ReadOnly, IEnumerable<long> Any, ICollection<int> Collection, IList<int> IList, HashSet<string> Set, ISet<Guid> ISet,
    ImmutableArray<Money> Immutable, ImmutableList<int> ImmutableList, ImmutableHashSet<string> ImmutableSet, ImmutableSortedSet<int> Sorted, ImmutableQueue<int> ImmutableQueue, Queue<int> Queue,
    Dictionary<string, int> Dictionary, IReadOnlyDictionary<Guid, Inner> ByGuid, ImmutableDictionary<Plain, string> ByEnum, ImmutableSortedDictionary<int, decimal> ByNumber, SortedDictionary<string, bool> SortedWords,
    byte[] Bytes, int[][] Jagged, List<int?> Holes, IReadOnlyCollection<Plain> Choices, SortedSet<string> Words);

/// <summary>Values of each kind.</summary>
internal sealed record Values(
    bool Yes, byte B, sbyte Sb, short S, ushort Us, int I, uint Ui, long L, ulong Ul, Int128 Huge, Half Half, float F, double D, decimal M, char C, string Text, DateTime At, DateTimeOffset When, DateOnly Day,
    TimeOnly Hour, TimeSpan Long, Guid Id, Uri Link, Version Version, JsonElement Element, JsonNode? Node, int? MaybeInt, Guid? MaybeGuid, Plain? MaybePlain, Worded Word, Money? MaybeMoney);

internal class Animal
{
    public string Name { get; init; } = "";

    public virtual string Sound => "";
}

internal sealed class Dog : Animal
{
    [JsonConstructor]
    public Dog(int age) => Age = age;

    public Dog() => Age = -1;

    public int Age { get; }

    public override string Sound => "wow";
}

internal struct Point
{
    public int X { get; set; }

    public int Y { get; init; }
}

/// <summary>A base that checks what was read, and keeps what it does not know.</summary>
internal abstract record Kept : IJsonOnDeserialized
{
    public required Guid Id { get; init; }

    [JsonNumberHandling(JsonNumberHandling.Strict)]
    public required long Count { get; init; }

    [JsonPropertyName("price_of_one"), JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? Price { get; init; }

    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Rest { get; init; }

    public void OnDeserialized()
    {
        if (Count < 0)
        {
            throw new JsonException("There are fewer than none.");
        }
    }
}

internal sealed record Parrot : Kept
{
    public Parrot()
    {
    }

    [SetsRequiredMembers]
    public Parrot(Kept before) : base(before)
    {
    }
}

/// <summary>All of them in one state, so that they are generated.</summary>
internal sealed record ZooState(
    Defaults Defaults, Members Members, Collections Collections, Values Values, Page<Inner> Page, Tree Tree, Shape Shape, Temperature Temperature, Dog Dog, Point Point, SagaId Saga, Page<Shape> Shapes, NotNumbers NotNumbers,
    Parrot Parrot);

[Event("zoo.opened")]
internal sealed record ZooOpened(ZooState State) : IEvent;
