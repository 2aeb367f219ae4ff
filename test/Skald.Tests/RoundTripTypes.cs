using System.Collections;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Skald.Tests;

/// <summary>States of which JSON loses something, one for each kind of member.</summary>
internal static class LossyStates
{
    public record Place(int Row);

    public sealed record BoxPlace(int Row, string Box) : Place(Row);

    public sealed record WithBase(ImmutableList<Place> Seats);

    public sealed class PrivateSetter
    {
        public int Seats { get; private set; }
    }

    public sealed class PrivateGetter
    {
        public int Seats { private get; set; }
    }

    public sealed class GetOnly
    {
        public string Seat { get; } = "";
    }

    public sealed class GetOnlyList
    {
        public List<string> Seats { get; } = [];
    }

    public sealed class ListOverAField
    {
        private readonly List<string> _seats = [];

        public IReadOnlyList<string> Seats => _seats;

        public void Add(string seat) => _seats.Add(seat);
    }

    public sealed class PublicField
    {
        public int Seats = 1;
    }

    public sealed class PrivateField
    {
        private int _seats;

        public int Add() => ++_seats;
    }

    public sealed class InternalProperty
    {
        internal int Seats { get; set; }
    }

    public abstract class PrivateInTheBase
    {
        public int Seats { get; private set; }
    }

    public sealed class Derived : PrivateInTheBase;

    public sealed record WithTuple((int Row, int Seat) Place);

    public sealed record WithReadOnlyStruct(Point Place);

    public readonly struct Point(int row)
    {
        public int Row { get; } = row;
    }

    public sealed record WithObject(object Seat);

    public sealed record WithInterface(ISeat Seat);

    public interface ISeat
    {
        int Row { get; }
    }

    public sealed record WithAbstract(Abstract Seat);

    public abstract record Abstract(int Row);

    public sealed record WithReadOnlySet(IReadOnlySet<int> Seats);

    public sealed record WithFrozenSet(FrozenSet<int> Seats);

    public sealed record WithReadOnlyCollection(ReadOnlyCollection<int> Seats);

    public sealed record WithStack(ImmutableStack<int> Seats);

    public sealed record WithUntypedList(IList Seats);

    public sealed record WithCollectionThatHoldsMore(Basket Seats);

    public sealed class Basket : List<int>
    {
        public string? Owner { get; set; }
    }

    public sealed record WithStructKey(IReadOnlyDictionary<Key, int> Seats);

    public readonly record struct Key(int Row);

    public sealed record WithDelegate(Func<int> Seats);

    public sealed record WithType(Type Seats);

    public sealed record WithBigInteger(BigInteger Seats);

    public sealed record WithMatrix(int[,] Seats);

    public sealed class TwoConstructors
    {
        public TwoConstructors(int seats) => Seats = seats;

        public TwoConstructors(int seats, int more) => Seats = seats + more;

        public int Seats { get; }
    }

    public sealed class PrivateConstructor
    {
        private PrivateConstructor()
        {
        }

        public int Seats { get; set; }

        public static PrivateConstructor Make() => new();
    }

    public sealed class ParameterOfAnotherName(int count)
    {
        public int Seats { get; set; } = count;
    }

    public sealed class ParameterOfAnotherType(long seats)
    {
        public int Seats { get; set; } = (int)seats;
    }

    public sealed record IgnoredParameter([property: JsonIgnore] int Seats, string Trip);

    public sealed record IgnoredWhenRead(string Trip)
    {
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenReading)]
        public int Seats { get; init; }
    }

    public sealed record LeftOutAtZero([property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] int Seats = 2);

    public sealed class LeftOutAtNull
    {
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public string? Seats { get; init; } = "2";
    }

    public sealed record OneCaseWithoutDiscriminator(Case Seats);

    [JsonDerivedType(typeof(Silent))]
    public abstract record Case;

    public sealed record Silent(int Seats) : Case;

    public sealed record CasesThatFallBack(Falling Seats);

    [JsonPolymorphic(UnknownDerivedTypeHandling = JsonUnknownDerivedTypeHandling.FallBackToBaseType)]
    [JsonDerivedType(typeof(Fallen), "fallen")]
    public record Falling;

    public sealed record Fallen(int Seats) : Falling;

    public sealed record DeepInside(ImmutableArray<Dictionary<string, Leg?>> Legs);

    public sealed record Leg(DeepInside? Back, int? Number)
    {
        public int Seats { get; private set; }
    }

    public sealed class NamesThatCollide
    {
        public int Seats { get; set; }

        public int SEATS { get; set; }
    }
}

/// <summary>States that come back as they were.</summary>
internal static class WholeStates
{
    public sealed record Positional(int Seats, string? Trip = null, decimal Price = 1.10m);

    public sealed record Computed(int Seats, int Price)
    {
        public int Total => Seats * Price;

        public bool IsFree() => Total == 0;
    }

    public sealed record InitAndRequired
    {
        public required string Trip { get; init; }

        public int Seats { get; init; } = 2;

        [JsonInclude]
        public int Row { get; private set; } = 3;

        [JsonInclude]
        internal int Column { get; set; }
    }

    public sealed class Included
    {
        [JsonInclude]
        public int Seats;

        [JsonInclude]
        private int _row = 7;

        public int Row() => _row;
    }

    public sealed class FullProperty
    {
        private int _seats;

        public int Seats
        {
            get => _seats;
            set => _seats = value;
        }
    }

    public sealed class BoundByTheConstructor(string trip, IReadOnlyList<int> seats)
    {
        public string Trip { get; } = trip;

        public IReadOnlyList<int> Seats => seats;
    }

    public sealed class ChosenConstructor
    {
        public ChosenConstructor(int seats, int more) => Seats = seats + more;

        [JsonConstructor]
        public ChosenConstructor(int seats) => Seats = seats;

        public int Seats { get; }
    }

    public sealed class Filled
    {
        [JsonObjectCreationHandling(JsonObjectCreationHandling.Populate)]
        public List<int> Seats { get; } = [];
    }

    public sealed record MayBeForgotten(int Seats)
    {
        [JsonIgnore]
        private readonly int _twice = Seats * 2;

        [JsonIgnore]
        public string Text => field ??= $"{Seats}, {_twice}";

        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public string? Note { get; init; }
    }

    public readonly record struct Money(decimal Amount, string Currency);

    public sealed record Values(
        Money Price, Money? Discount, DateTimeOffset At, DateOnly Day, TimeSpan Within, Guid Id, Uri? Link, DayOfWeek Weekday, double Ratio, byte[] Bytes,
        JsonElement Any, JsonNode? Node, KeyValuePair<string, int> Pair, Tuple<int, string> Named, SagaId? Saga);

    public sealed record Collections(
        ImmutableArray<int> A, IReadOnlyList<int> B, HashSet<int> C, ISet<int> D, IReadOnlyDictionary<string, Money> E, Dictionary<Guid, int> F,
        ImmutableDictionary<DayOfWeek, int> G, int[][] H, IEnumerable<int> I, ImmutableSortedSet<string> J, Queue<int> K);

    [JsonPolymorphic]
    [JsonDerivedType(typeof(Paid), "paid")]
    [JsonDerivedType(typeof(Open), "open")]
    [JsonDerivedType(typeof(Card), "card")]
    [JsonDerivedType(typeof(VirtualCard), "virtual card")]
    public abstract record Payment;

    public record Card(string Number) : Payment;

    public sealed record VirtualCard(string Number, int Limit) : Card(Number);

    public sealed record Paid(decimal Amount) : Payment;

    public sealed record Open(string Reason) : Payment;

    public sealed record WithCases(Payment Payment, ImmutableArray<Payment> Earlier);

    public sealed record Tree(string Name, ImmutableArray<Tree> Branches, Tree? Twin);

    [JsonConverter(typeof(OpaqueConverter))]
    public sealed class Opaque
    {
        public int Seats { get; private set; }

        public sealed class OpaqueConverter : JsonConverter<Opaque>
        {
            public override Opaque Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new() { Seats = reader.GetInt32() };

            public override void Write(Utf8JsonWriter writer, Opaque value, JsonSerializerOptions options) => writer.WriteNumberValue(value.Seats);
        }

        public static Opaque Of(int seats) => new() { Seats = seats };
    }

    public sealed record WithConverters(Opaque Whole, [property: JsonConverter(typeof(JsonStringEnumConverter))] DayOfWeek Day);
}

/// <summary>What source generation has to say of itself: a constructor, members that are set once, and cases.</summary>
internal sealed record Generated(string Trip, IReadOnlyList<WholeStates.Money> Prices)
{
    public required int Seats { get; init; }

    public int Row { get; init; } = 3;

    public WholeStates.Payment? Payment { get; init; }

    public int Total => Seats * Row;
}

[JsonSerializable(typeof(Generated))]
[JsonSerializable(typeof(WholeStates.Positional))]
[JsonSerializable(typeof(LossyStates.PrivateSetter))]
internal sealed partial class GeneratedJson : JsonSerializerContext;
