namespace Skald;

/// <summary>Where a flow stands, as its owner sees it.</summary>
public enum FlowStatus
{
    /// <summary>The next event is awaited.</summary>
    Running = 0,

    /// <summary>It ended well. Final.</summary>
    Completed = 2,

    /// <summary>What was done is undone. Final.</summary>
    Undone = 3,

    /// <summary>An awaited event is overdue. It goes on by itself when the event comes.</summary>
    Stuck = 4,
}

/// <summary>Words for <see cref="FlowStatus"/>.</summary>
public static class FlowStatusWords
{
    /// <summary>The word used on the wire and on screens: <c>running</c>, <c>completed</c>, <c>undone</c>, <c>stuck</c>.</summary>
    public static string Word(this FlowStatus status) => status switch
    {
        FlowStatus.Running => "running",
        FlowStatus.Completed => "completed",
        FlowStatus.Undone => "undone",
        _ => "stuck",
    };
}
