using System.Collections.Immutable;
using Skald.Messaging;
using Xunit;

namespace Skald.Tests;

public sealed class A_type_that_cannot_be_changed_in_place
{
    [Theory]
    [InlineData(typeof(int))]
    [InlineData(typeof(string))]
    [InlineData(typeof(DateTimeOffset?))]
    [InlineData(typeof(SagaStatus))]
    [InlineData(typeof(Trip))]
    [InlineData(typeof(Nested))]
    [InlineData(typeof(ImmutableList<Leaf>))]
    [InlineData(typeof(ImmutableDictionary<string, ImmutableArray<int>>))]
    [InlineData(typeof(Place))]
    [InlineData(typeof(Tree))]
    [InlineData(typeof(Base))]
    public void Is_known(Type type) => Assert.True(Unchangeable.Is(type));

    [Theory]
    [InlineData(typeof(object))]
    [InlineData(typeof(int[]))]
    [InlineData(typeof(List<int>))]
    [InlineData(typeof(IReadOnlyList<int>))]
    [InlineData(typeof(ImmutableList<Settable>))]
    [InlineData(typeof(Settable))]
    [InlineData(typeof(WithField))]
    [InlineData(typeof(WithList))]
    [InlineData(typeof(WithBase))]
    [InlineData(typeof(Inherits))]
    [InlineData(typeof(Indexed))]
    public void Is_told_from_one_that_can(Type type) => Assert.False(Unchangeable.Is(type));

    public sealed record Leaf(int N, string? Text);

    public sealed record Nested(Leaf First, Leaf? Second, ImmutableArray<Leaf> Rest)
    {
        public decimal Sum { get; init; }
    }

    public readonly record struct Place(int Row, Leaf Leaf);

    public sealed record Tree(int N, Tree? Left, ImmutableList<Tree> Others);

    public record Base(int N);

    public sealed record WithBase(Base Member);

    public sealed record WithList(IReadOnlyList<int> Numbers);

    public sealed class Settable
    {
        public int N { get; set; }
    }

    public sealed record WithField(int N)
    {
        internal int Count;

        public int Next() => Count++;
    }

    public record Hidden
    {
        private int _count;

        public int Next() => _count++;
    }

    public sealed record Inherits(int N) : Hidden;

    public sealed record Indexed(ImmutableDictionary<string, object> Values);
}
