namespace Playground;

/// <summary>A link on the home page.</summary>
/// <param name="Path">Where it leads.</param>
/// <param name="Text">What is there.</param>
public sealed record Link(string Path, string Text);

/// <summary>Something to try.</summary>
/// <param name="Does">What it does, in a sentence.</param>
/// <param name="Text">What is typed in a shell.</param>
public sealed record Command(string Does, string Text);

/// <summary>A system as the home page introduces it.</summary>
/// <param name="Name">Its name, the prefix of its services.</param>
/// <param name="Title">Its title.</param>
/// <param name="Story">What it does, in a few sentences.</param>
public sealed record PlaygroundSystem(string Name, string Title, string Story)
{
    /// <summary>What it serves.</summary>
    public required IReadOnlyList<Link> Links { get; init; }

    /// <summary>What to try, in order: a command may use what those before it have put into a variable of the shell.</summary>
    public required Func<Place, IReadOnlyList<Command>> Commands { get; init; }

    /// <summary>Looks at the newest of what there is: it is given the key of a saga or the id of a flow.</summary>
    public required Func<Place, string, Command> Newest { get; init; }
}
