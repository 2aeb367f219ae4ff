using System.Globalization;

namespace Skald.Definition;

/// <summary>
/// What a step is called when a person has it done again: its name and the round, as in <c>create ticket~2</c>. To its participant that is another step, so
/// that nothing of the rounds before, whose effect is undone, is taken for the new one.
/// </summary>
internal static class StepRound
{
    private const char Mark = '~';

    /// <summary>The name in the round after.</summary>
    public static string Next(string name) => $"{First(name)}{Mark}{(Number(name) + 1).ToString(CultureInfo.InvariantCulture)}";

    /// <summary>The names in this round and all before it.</summary>
    public static IEnumerable<string> UpTo(string name) =>
        Enumerable.Range(1, Number(name)).Select(round => round == 1 ? First(name) : $"{First(name)}{Mark}{round.ToString(CultureInfo.InvariantCulture)}");

    /// <summary>The name in the first round.</summary>
    public static string First(string name) => Number(name) == 1 ? name : name[..name.LastIndexOf(Mark)];

    /// <summary>The round, from 1.</summary>
    public static int Number(string name)
    {
        var mark = name.LastIndexOf(Mark);
        return mark > 0 && int.TryParse(name.AsSpan(mark + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var round) && round > 1 ? round : 1;
    }
}
