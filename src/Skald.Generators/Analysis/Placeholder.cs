namespace Skald.Generators.Analysis;

/// <summary>What a fix leaves for the author to say. A rule keeps reminding of it.</summary>
internal static class Placeholder
{
    public const string Begins = "TODO";
    public const string Reason = Begins + ": why";
}
