using Microsoft.Extensions.Options;
using Skald;

namespace Lending;

/// <summary>Take the book off the shelf; then, with no way back, take the deposit.</summary>
public sealed class LendBookSaga(IOptions<LendingOptions> options) : Saga<Loan>
{
    /// <inheritdoc/>
    protected override void Define(SagaBuilder<Loan> saga)
    {
        ArgumentNullException.ThrowIfNull(saga);
        saga.Summary(loan => $"{loan.Title} for {loan.Reader}");

        saga.Step("take the book").Send(loan => new TakeBook(loan.Title))
            .Undo(loan => new PutBookBack(loan.Title))
            .Within(TimeSpan.FromSeconds(5));

        saga.Pivot("take the deposit").Send(loan => new TakeDeposit(loan.Reader, options.Value.Deposit))
            .OnReply((loan, taken) => loan with { Deposit = taken.Amount })
            .NothingToUndo("it is the last step")
            .Within(TimeSpan.FromSeconds(5));
    }
}

/// <summary>What the saga knows of a loan.</summary>
/// <param name="Title">The book.</param>
/// <param name="Reader">Who borrows it.</param>
/// <param name="Deposit">What was taken for it; 0 until then.</param>
public sealed record Loan(string Title, string Reader, decimal Deposit = 0);
