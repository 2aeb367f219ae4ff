using System.Text.RegularExpressions;

namespace Skald.Storage;

/// <summary>What reasons of dead letters have in common: the same sentence about another order is the same kind.</summary>
public static partial class DeadLetterKind
{
    /// <summary>How much of a reason counts.</summary>
    public const int Length = 200;

    /// <summary>The kind of a reason that says nothing.</summary>
    public const string None = "(no reason)";

    /// <summary>A reason's first <see cref="Length"/> characters, with <c>#</c> in the place of each number and each id.</summary>
    public static string Of(string reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        var length = Math.Min(reason.Length, Length);
        // Half a character is none.
        length -= length > 0 && length < reason.Length && char.IsHighSurrogate(reason[length - 1]) ? 1 : 0;
        var kind = Numbers().Replace(reason[..length], "#");
        return string.IsNullOrWhiteSpace(kind) ? None : kind;
    }

    [GeneratedRegex("[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9]+", RegexOptions.CultureInvariant)]
    private static partial Regex Numbers();
}
