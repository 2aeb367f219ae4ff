namespace Skald.Management;

// Whether effects balance.
public sealed partial class LocalManagement
{
    /// <inheritdoc/>
    public Task<BalanceReport> BalanceAsync(string? cursor = null, int limit = ManagementLimits.UsualBooks, CancellationToken cancellationToken = default)
    {
        BookItems.Check(limit);
        return new Bookkeeper(most => BooksAsync(cursor, most, cancellationToken), _options.Time).LookAsync(limit);
    }

    /// <inheritdoc/>
    public Task<Books> BooksAsync(string? cursor = null, int limit = ManagementLimits.UsualBooks, CancellationToken cancellationToken = default) => AskAsync(async () =>
    {
        BookItems.Check(limit);
        var page = await _service.Operations.BookPageAsync(BookItems.Cursor(cursor), limit, cancellationToken);
        return new Books([_booked ??= BookItems.Service(_service.Name, _service.Operations.RemovedKnownFor, _service.Operations.AskedSteps())], [.. page.Sagas.Select(BookItems.Saga)], [.. page.Effects.Select(BookItems.Line)])
        {
            Next = page.Next?.ToString(),
        };
    });

    private BookedService? _booked;
}
