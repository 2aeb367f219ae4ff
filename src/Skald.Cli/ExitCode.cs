namespace Skald.Cli;

/// <summary>What the process ends with. Scripts hold on to these: they never change.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>Something failed that is none of the below: nobody answers, or an answer is not complete.</summary>
    public const int Failed = 1;

    /// <summary>The command line, a profile or a query makes no sense.</summary>
    public const int Usage = 2;

    public const int NotAllowed = 3;

    public const int NotFound = 4;

    /// <summary>The state of what it is about does not allow it, or it has moved on.</summary>
    public const int Refused = 5;

    public const int Interrupted = 130;

    /// <summary>Of many: what all that were not done have in common, and otherwise that something failed.</summary>
    public static int OfMany(IEnumerable<int> codes) => codes.Where(code => code != Done).Distinct().Take(2).ToArray() switch
    {
        [] => Done,
        [var only] => only,
        _ => Failed,
    };
}
