namespace Skald.PostgreSql;

/// <summary>Ids for messages, drawn from the database in blocks: unique among all processes and roughly in the order of sending.</summary>
internal sealed class BrokerIds(PostgresDatabase database, BrokerSql sql) : IDisposable
{
    private readonly SemaphoreSlim _drawing = new(1, 1);
    private readonly Lock _lock = new();
    private long _next;
    private long _end;

    public async ValueTask<long[]> ReserveAsync(int count, CancellationToken cancellationToken)
    {
        var ids = new long[count];
        for (var have = Take(ids); have < count; have += Take(ids.AsSpan(have)))
        {
            await DrawAsync(cancellationToken).ConfigureAwait(false);
        }

        return ids;
    }

    public void Dispose() => _drawing.Dispose();

    private int Take(Span<long> ids)
    {
        lock (_lock)
        {
            var count = (int)Math.Min(ids.Length, _end - _next);
            for (var i = 0; i < count; i++)
            {
                ids[i] = _next++;
            }

            return count;
        }
    }

    private async Task DrawAsync(CancellationToken cancellationToken)
    {
        await _drawing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            lock (_lock)
            {
                if (_next < _end)
                {
                    return;
                }
            }

            var first = (await database.RowsAsync(batch => batch.Add(sql.NextIds), r => r.GetInt64(0), cancellationToken).ConfigureAwait(false))[0];
            lock (_lock)
            {
                (_next, _end) = (first, first + BrokerSql.IdsInBlock);
            }
        }
        finally
        {
            _drawing.Release();
        }
    }
}
