using System.ComponentModel;
using System.Text.Json.Serialization;
using Microsoft.Extensions.DependencyInjection;

namespace Skald.AsyncApi.Tests;

/// <summary>A message that contains itself, another that has cases, and whatever else makes schemas hard.</summary>
[Command("odd.plant", To = "odd")]
public sealed record Plant(Tree Tree, Tree? Graft, Shape Shape, IReadOnlyDictionary<string, Leaf> Leaves, decimal? Weight, Season Season, Guid Key, DateTimeOffset At)
    : ICommand<Done>;

public sealed record Tree(string Name, IReadOnlyList<Tree> Branches, [property: Description("The one it grew from.")] Tree? Parent);

[JsonDerivedType(typeof(Circle), "circle")]
[JsonDerivedType(typeof(Square), "square")]
public abstract record Shape(string Colour);

public sealed record Circle(string Colour, double Radius) : Shape(Colour);

public sealed record Square(string Colour, double Side, Leaf Corner) : Shape(Colour);

public sealed record Leaf(int Veins);

public enum Season
{
    Spring,
    Autumn,
}

/// <summary>Names that would be markup, a pointer, or another type of YAML.</summary>
[Command("<script>alert('x')</script>/~1: #\u2028 null", To = "odd", Reply = "true", Refusal = "\"><img src=x onerror=alert(1)>")]
[DisplayName("<b onclick=alert(2)>&amp; \u0000 \U0001F333</b>")]
[Description("</style></title><script>document.title='taken'</script>")]
public sealed record Hostile([property: JsonPropertyName("<i>%2F $ref")] string Field) : ICommand<Reached>;

public sealed record Reached([property: JsonPropertyName("no")] bool No);

/// <summary>Another command of the same name once unusual characters are replaced.</summary>
[Command("?script?alert(?x?)?/script??~1: #\u2028 null", To = "odd")]
public sealed record Lookalike : ICommand<Done>;

public sealed record NoSun(string Type, string Message, int Hours) : Refusal(Type, Message);

[Event("SUN_ROSE")]
public sealed record SunRose(int Hour) : IEvent;

[Event("LEAF_FELL", Topic = "leaves")]
public sealed record LeafFell(Leaf Leaf) : IEvent;

public sealed record Garden(int Id);

public sealed class GardenSaga : Saga<Garden>
{
    protected override void Define(SagaBuilder<Garden> saga)
    {
        saga.Step("<u>plant</u>").Send(_ => new Plant(new Tree("", [], null), null, new Circle("", 1), new Dictionary<string, Leaf>(), null, Season.Spring, default, default))
            .OnRefusal<NoSun>((garden, _) => garden)
            .Undo(_ => new Lookalike());
        saga.WaitFor<SunRose>("sunrise");
        saga.Step("water").Send(_ => new Hostile("")).NothingToUndo("it dries");
    }
}

public sealed class Gardener
{
    public Reply<Done> Handle(Plant command, MessageContext context) => Done.Instance;

    public Reply<Reached> Handle(Hostile command, MessageContext context) => new Reached(false);

    public void Handle(LeafFell @event, MessageContext context)
    {
    }

    public Reply<Done> Handle(Lookalike command, MessageContext context) => Done.Instance;
}

/// <summary>Services made of these.</summary>
internal static class Odd
{
    public static SkaldService Service(string name, Action<SkaldBuilder> configure) =>
        new ServiceCollection().AddSkald(name, configure).BuildServiceProvider().GetRequiredService<SkaldServices>()[name];

    public static SkaldService Everything() => Service("wild.odd", s => s.AddSaga<GardenSaga>().AddHandlers<Gardener>().Publishes<LeafFell>());
}
