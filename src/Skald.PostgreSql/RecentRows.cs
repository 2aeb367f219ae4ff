namespace Skald.PostgreSql;

/// <summary>
/// Rows that this process wrote last and that are not over: while nobody else writes them, they need not be read again. Two
/// generations: what was not written while the younger one filled up is forgotten.
/// </summary>
/// <param name="id">A row's id.</param>
/// <param name="version">A row's version: of two writers of one process, the later may tell first.</param>
/// <param name="isOver">Whether it will not be wanted again soon.</param>
/// <param name="size">What its text and bodies take, in bytes.</param>
internal sealed class RecentRows<TRow>(Func<TRow, Guid> id, Func<TRow, long> version, Func<TRow, bool> isOver, Func<TRow, int> size) where TRow : class
{
    /// <summary>Of one generation.</summary>
    private const int MostBytes = 4 << 20;

    // What a row takes beside that.
    private const int RowBytes = 400;

    private readonly Lock _lock = new();
    private Dictionary<Guid, TRow> _young = [];
    private Dictionary<Guid, TRow> _old = [];
    private int _youngBytes;

    public TRow? Find(Guid key)
    {
        lock (_lock)
        {
            return _young.TryGetValue(key, out var row) || _old.TryGetValue(key, out row) ? row : null;
        }
    }

    /// <summary>What was committed.</summary>
    public void Keep(List<TRow> written)
    {
        lock (_lock)
        {
            foreach (var row in written)
            {
                if (_young.TryGetValue(id(row), out var known) && version(known) > version(row))
                {
                    continue;
                }

                if (isOver(row))
                {
                    _young.Remove(id(row));
                    _old.Remove(id(row));
                    continue;
                }

                _young[id(row)] = row;
                _youngBytes += RowBytes + size(row);
            }

            if (_youngBytes > MostBytes)
            {
                (_old, _young, _youngBytes) = (_young, [], 0);
            }
        }
    }

    public void Clear()
    {
        lock (_lock)
        {
            (_old, _young, _youngBytes) = ([], [], 0);
        }
    }
}
