namespace Skald;

/// <summary>A projection cannot go on: one of its events cannot be projected.</summary>
public sealed class ProjectionStoppedException(string projection, string problem) : Exception($"Projection '{projection}' stands still: {problem}")
{
    /// <summary>The projection.</summary>
    public string Projection { get; } = projection;
}
