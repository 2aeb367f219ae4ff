namespace Skald.Dashboard.Words;

/// <summary>How a state is shown everywhere: an icon, a word and a colour, always all three.</summary>
/// <param name="Icon">One of <see cref="Icons"/>.</param>
/// <param name="Word">The word.</param>
/// <param name="Tone">The class of its colour in dashboard.css.</param>
internal readonly record struct Mark(string Icon, string Word, string Tone);
