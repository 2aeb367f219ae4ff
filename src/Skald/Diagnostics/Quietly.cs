namespace Skald.Diagnostics;

/// <summary>
/// Tells those who listen. One who throws spoils nothing: a listener, an exporter or a log provider is code that is not ours, called where something of ours is half done.
/// </summary>
internal static class Quietly
{
    public static void Tell(Action tell)
    {
        try
        {
            tell();
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // Whoever listens has thrown, and there is nobody left to tell.
        }
    }

    /// <returns>What it makes; null when whoever listens has thrown.</returns>
    public static T? Make<T>(Func<T?> make) where T : class
    {
        T? made = null;
        Tell(() => made = make());
        return made;
    }
}
