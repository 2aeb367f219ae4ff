using Skald;

namespace Lending;

/// <summary>Asks the shelf for a book.</summary>
[Command("shelf.take-book", To = "shelf")]
public sealed record TakeBook(string Title) : ICommand<Done>;

/// <summary>Gives it back.</summary>
[Command("shelf.put-book-back", To = "shelf")]
public sealed record PutBookBack(string Title) : ICommand<Done>;

/// <summary>Asks the till to take a reader's deposit.</summary>
[Command("till.take-deposit", To = "till")]
public sealed record TakeDeposit(string Reader, decimal Amount) : ICommand<DepositTaken>;

/// <summary>The reader has paid.</summary>
public sealed record DepositTaken(decimal Amount);
