namespace Skald;

/// <summary>Identifies one run of a saga definition.</summary>
/// <param name="Value">A UUID, time-ordered (version 7), so that rows written together lie together.</param>
public readonly record struct SagaId(Guid Value)
{
    /// <summary>The id as people see it: 32 digits with hyphens.</summary>
    public override string ToString() => Value.ToString();

    /// <summary>Reads an id that a person typed.</summary>
    /// <returns>False when it is not a UUID.</returns>
    public static bool TryParse(string? text, out SagaId id)
    {
        var ok = Guid.TryParse(text, out var value);
        id = new SagaId(value);
        return ok;
    }
}
