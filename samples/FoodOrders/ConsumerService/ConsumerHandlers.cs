using Skald;

namespace FoodOrders.Consumers;

/// <summary>What the registry says of a consumer.</summary>
/// <param name="MayOrder">Whether the consumer may order.</param>
public sealed record Verdict(bool MayOrder);

/// <summary>
/// Verifies consumers. The registry it asks is slow for some of them, so it is asked outside the transaction: a slow answer
/// keeps nobody else waiting.
/// </summary>
public sealed class ConsumerHandlers(TimeProvider time) : IHandleOutside<VerifyConsumerDetails, Done, Verdict>
{
    private const long FirstCorrectId = 50;
    private const long FirstQuickId = 60;

    /// <summary>Longer than the saga waits.</summary>
    private static readonly TimeSpan SlowAnswer = TimeSpan.FromSeconds(7);

    /// <inheritdoc/>
    public async Task<Verdict> CallAsync(VerifyConsumerDetails command, OutsideContext context, CancellationToken cancellationToken)
    {
        if (command.ConsumerId is >= FirstCorrectId and < FirstQuickId)
        {
            await Task.Delay(SlowAnswer, time, cancellationToken);
        }

        return new Verdict(command.ConsumerId >= FirstCorrectId);
    }

    /// <inheritdoc/>
    public Reply<Done> Record(VerifyConsumerDetails command, Verdict outcome, MessageContext context) => outcome.MayOrder
        ? Done.Instance
        : new Refusal("ValueError", $"Consumer has incorrect id = {command.ConsumerId}");
}
