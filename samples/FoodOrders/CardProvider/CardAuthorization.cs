using System.ComponentModel.DataAnnotations;

namespace FoodOrders.CardProvider;

/// <summary>What the provider knows of one idempotency key.</summary>
/// <param name="Key">The caller's key.</param>
/// <param name="CardId">The card; null when only a reversal came.</param>
/// <param name="Amount">The amount asked for.</param>
/// <param name="Status"><c>authorized</c>, <c>declined</c> or <c>reversed</c>.</param>
/// <param name="Authorizations">How often money was set aside: 0 or 1, however often it was asked.</param>
/// <param name="Reversals">How often it was given back: 0 or 1.</param>
/// <param name="Calls">How often the key was heard of.</param>
public sealed record CardAuthorization(
    string Key, long? CardId, decimal? Amount, string Status, int Authorizations, int Reversals, int Calls);

/// <summary>How the provider misbehaves.</summary>
/// <param name="DelayMs">It takes this long for each call; at most ten minutes.</param>
/// <param name="FailNext">It answers this many calls with 500 without doing anything.</param>
/// <param name="LoseNext">It does what this many calls ask, and answers 500 all the same.</param>
/// <param name="AnswerTwice">It handles each call twice, as if the network had doubled it.</param>
public sealed record ProviderBehaviour(int DelayMs = 0, int FailNext = 0, int LoseNext = 0, bool AnswerTwice = false) : IValidatableObject
{
    /// <summary>Ten minutes.</summary>
    public const int LongestDelayMs = 600_000;

    /// <summary>Nobody waits for ever; the field is named as callers know it.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (DelayMs is < 0 or > LongestDelayMs)
        {
            yield return new ValidationResult($"It must be 0 to {LongestDelayMs}.", ["delayMs"]);
        }
    }
}
