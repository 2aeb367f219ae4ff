namespace Skald.Dashboard;

/// <summary>A place of the navigation.</summary>
/// <param name="Path">Its path within the dashboard.</param>
/// <param name="Name">What it is called.</param>
/// <param name="Icon">Its drawing.</param>
internal sealed record Place(string Path, string Name, string Icon)
{
    /// <summary>How much is there; null when that is not said.</summary>
    public string? Count { get; init; }

    /// <summary>Whether somebody should look.</summary>
    public bool Alarm { get; init; }
}
