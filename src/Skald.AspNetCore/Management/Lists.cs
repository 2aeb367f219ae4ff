namespace Skald.Management;

/// <summary>A part of a list.</summary>
/// <typeparam name="T">What is listed.</typeparam>
/// <param name="Items">The part.</param>
public sealed record Page<T>(IReadOnlyList<T> Items)
{
    /// <summary>Where the list goes on: to be given as the next question's cursor. Null when this is all.</summary>
    public string? Next { get; init; }

    /// <summary>The services that did not answer: what they have is not in the list.</summary>
    public IReadOnlyList<MissingService> Missing { get; init; } = [];
}

/// <summary>A service that did not answer.</summary>
/// <param name="Service">Its full name, or the address of the process that was asked for several.</param>
/// <param name="Why">In a sentence, without addresses of databases or brokers.</param>
public sealed record MissingService(string Service, string Why);

/// <summary>Which part of a list is asked for.</summary>
public record ListQuery
{
    /// <summary>Only of this service; null for all.</summary>
    public string? Service { get; init; }

    /// <summary>Where the page before said that it goes on; null for the beginning.</summary>
    public string? Cursor { get; init; }

    /// <summary>The most on one page.</summary>
    /// <value>1 to 200; 50 unless set.</value>
    public int Limit { get; init; } = ManagementLimits.UsualPage;
}

/// <summary>Which sagas are asked for.</summary>
public sealed record SagaListQuery : ListQuery
{
    /// <summary>The query as people type it, which <see cref="SagaQueryText"/> reads; null for all sagas.</summary>
    public string? Q { get; init; }
}

/// <summary>Which flows are asked for.</summary>
public sealed record FlowListQuery : ListQuery
{
    /// <summary><c>running</c>, <c>stuck</c>, <c>completed</c> or <c>undone</c>; null for all.</summary>
    public string? Status { get; init; }

    /// <summary>The declaration's name; null for all.</summary>
    public string? Flow { get; init; }
}
