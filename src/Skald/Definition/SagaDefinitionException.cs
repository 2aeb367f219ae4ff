namespace Skald;

/// <summary>A definition makes no sense. Thrown at start-up, before anything runs; lists every problem at once.</summary>
public sealed class SagaDefinitionException : Exception
{
    internal SagaDefinitionException(IReadOnlyList<string> problems)
        : base(string.Join(Environment.NewLine, problems)) => Problems = problems;

    /// <summary>One line per problem, each beginning with its stable code (<c>SKALD103: ...</c>).</summary>
    public IReadOnlyList<string> Problems { get; }
}
