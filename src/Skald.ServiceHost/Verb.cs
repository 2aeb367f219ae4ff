namespace Skald;

/// <summary>One thing the service's command line can do.</summary>
/// <param name="name">Its name with underscores, such as <c>create_booking_request</c>; hyphens are accepted too.</param>
/// <param name="description">One sentence for <c>--help</c>.</param>
/// <param name="handler">
/// Does it and returns what to print: an object, a list, a string, null for nothing, or a <see cref="VerbOutcome"/>
/// to choose the exit code. Throws <see cref="RefusedException"/> to refuse.
/// </param>
public sealed class Verb(string name, string description, Func<VerbContext, Task<object?>> handler)
{
    /// <summary>Its name, with underscores.</summary>
    public string Name { get; } = name;

    /// <summary>One sentence for <c>--help</c>.</summary>
    public string Description { get; } = description;

    /// <summary>Does it.</summary>
    public Func<VerbContext, Task<object?>> Handler { get; } = handler;

    /// <summary>Its parameters, in the order in which they may be given by position.</summary>
    public IReadOnlyList<VerbParameter> Parameters { get; init; } = [];

    /// <summary>Whether it waits for something, and therefore has <c>--wait SECONDS</c>.</summary>
    public bool Waits { get; init; }
}

/// <summary>What to print, and the exit code.</summary>
/// <param name="Value">As a handler would return it.</param>
/// <param name="ExitCode">0 done, 1 refused or failed.</param>
/// <param name="Error">A line for stderr; null for none.</param>
public sealed record VerbOutcome(object? Value, int ExitCode, string? Error = null);
