namespace Storefront;

/// <summary>Says what was deleted, a line each, without saying everything when it was very much.</summary>
public static class DeletionLines
{
    private const int Most = 100;

    /// <summary>The lines.</summary>
    public static IEnumerable<string> Of(string what, IReadOnlyCollection<string> keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        var lines = keys.Take(Most).Select(key => $"Deleted {what} {key}.");
        return keys.Count <= Most ? lines : lines.Append($"Deleted {keys.Count - Most} more {what}s.");
    }
}
