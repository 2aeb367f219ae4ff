using Skald.Management;

namespace Skald.Dashboard.Tests.Fake;

// Books of two pieces: the first balances, and in the second something of each kind does not.
internal sealed partial class FakeManagement
{
    /// <summary>Whether the books go on after each piece, as they do where there are many sagas.</summary>
    public bool IsEndless { get; set; }

    public async Task<BalanceReport> BalanceAsync(string? cursor = null, int limit = 500, CancellationToken cancellationToken = default)
    {
        await Answer<int>([]);
        if (IsEmpty)
        {
            return new BalanceReport(0, 0, 0, 0, 0, []);
        }

        var piece = cursor is null
            ? new BalanceReport(500, 1420, 61, 18, 0, []) { Next = Samples.ParkedId, Reached = Samples.Ago(86_400) }
            : new BalanceReport(311, 902, 44, 9, 3, [.. Imbalances]);
        return piece with { Missing = Missing, Next = IsEndless ? Guid.CreateVersion7().ToString() : piece.Next };
    }

    public async Task<Books> BooksAsync(string? cursor = null, int limit = 500, CancellationToken cancellationToken = default)
    {
        await Answer<int>([]);
        return new Books([], [], []) { Missing = Missing };
    }

    private static IEnumerable<ImbalanceItem> Imbalances =>
    [
        new("not-undone", Samples.Accounting, Samples.ParkedId, Samples.Order, "authorize card", "The saga has been told that it is undone, and it is recorded as applied and not undone."),
        new("not-applied", Samples.Restaurant, Samples.UndoFailedId, Samples.Order, "create ticket", "The saga has been told that it is done, and it is not recorded."),
        new("unknown-saga", Samples.Accounting, "01a1fb91-a6d3-78bf-948d-000000000000", null, "authorize card~2", $"It is recorded as applied, and '{Samples.Order}', which asks for it, neither has the saga nor has removed it."),
        new("unreadable", "storefront.inventory.with-a-name-that-goes-on-and-on", Samples.WaitingId, Samples.Travel, "<b>book</b>", "Attempt 0 of it is recorded with what there is not: the row was damaged."),
    ];
}
