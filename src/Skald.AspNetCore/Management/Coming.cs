namespace Skald.Management;

// What stores do not answer yet. IManagement gets its questions with their answers.

/// <summary>An effect of a saga that does not balance.</summary>
/// <param name="Service">The participant.</param>
/// <param name="Saga">The saga.</param>
/// <param name="Step">The step.</param>
/// <param name="Says">What is wrong, in a sentence.</param>
public sealed record ImbalanceItem(string Service, string Saga, string Step, string Says);

/// <summary>Whether every effect was applied once, undone once, or is open.</summary>
/// <param name="Applied">Effects that were applied once.</param>
/// <param name="Undone">Effects that were applied and undone once, or never came to be.</param>
/// <param name="Open">Effects whose saga has not ended.</param>
/// <param name="Imbalances">Those that are none of it, the first of them.</param>
public sealed record BalanceReport(long Applied, long Undone, long Open, IReadOnlyList<ImbalanceItem> Imbalances)
{
    /// <summary>The services that did not answer: what they did is not looked at.</summary>
    public IReadOnlyList<MissingService> Missing { get; init; } = [];
}
