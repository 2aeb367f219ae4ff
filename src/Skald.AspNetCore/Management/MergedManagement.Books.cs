namespace Skald.Management;

// Whether effects balance.
public sealed partial class MergedManagement
{
    /// <inheritdoc/>
    public Task<BalanceReport> BalanceAsync(string? cursor = null, int limit = ManagementLimits.UsualBooks, CancellationToken cancellationToken = default)
    {
        BookItems.Check(limit);
        return new Bookkeeper(most => BooksAsync(cursor, most, cancellationToken), _time).LookAsync(limit);
    }

    /// <inheritdoc/>
    public async Task<Books> BooksAsync(string? cursor = null, int limit = ManagementLimits.UsualBooks, CancellationToken cancellationToken = default)
    {
        BookItems.Check(limit);
        BookItems.Cursor(cursor);
        var (answers, missing) = await _parts.AskAsync((part, token) => AskBooksAsync(part, cursor, limit, token), cancellationToken);
        // All are read up to where the first of them ends.
        var next = answers.Select(answer => answer.Next).OfType<string>().MinBy(BookItems.Place);
        var (books, taken) = (new Books([], [], []), new HashSet<string>());
        foreach (var answer in answers)
        {
            // Two processes may have one service: its rows count once.
            var services = answer.Services.Where(service => taken.Add(service.Service)).ToDictionary(service => service.Service);
            books = books with
            {
                Services = [.. books.Services, .. services.Values],
                Sagas = [.. books.Sagas, .. answer.Sagas.Where(saga => services.ContainsKey(saga.Service) && IsBefore(saga.Saga, next))],
                Lines = [.. books.Lines, .. answer.Lines.Where(line => services.ContainsKey(line.Service) && IsBefore(line.Saga, next))],
            };
        }

        return books with { Next = next, Missing = [.. missing, .. answers.SelectMany(answer => answer.Missing)] };
    }

    private static async Task<Books> AskBooksAsync(IManagement part, string? cursor, int limit, CancellationToken cancellationToken)
    {
        try
        {
            return await part.BooksAsync(cursor, limit, cancellationToken);
        }
        catch (ManagementException exception) when (exception.Problem.Status == 404)
        {
            // A process of before there were books: the others are judged all the same.
            throw Refusals.Unreachable("of it", "It does not know how to tell its books.", exception);
        }
    }

    private static bool IsBefore(string saga, string? end) => end is null || BookItems.Place(saga).CompareTo(BookItems.Place(end)) < 0;
}
