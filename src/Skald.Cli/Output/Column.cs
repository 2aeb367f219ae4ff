using Spectre.Console;

namespace Skald.Cli.Output;

/// <summary>A column of a table.</summary>
/// <param name="Name">Its heading.</param>
/// <param name="Text">What stands in it; it may be anything, and is made harmless.</param>
internal sealed record Column<T>(string Name, Func<T, string?> Text)
{
    /// <summary>How soon it goes where a table would be too wide: the highest first; 0 stays whatever the width.</summary>
    public int Rank { get; init; } = 1;

    /// <summary>Whether it is a number, so that digits line up.</summary>
    public bool IsNumber { get; init; }

    /// <summary>Whether it is a sentence, which may be broken into lines.</summary>
    public bool Wraps { get; init; }

    /// <summary>Its colour, which never says anything that the word does not.</summary>
    public Func<T, Color?> Colour { get; init; } = _ => null;
}
