namespace Skald.Generators.Analysis;

/// <summary>The rules' ids. One that foresees a refusal at start-up has the code of that refusal.</summary>
internal static class Ids
{
    public const string CannotBeUndone = "SKALD103";
}
