using Npgsql;

namespace Skald.PostgreSql;

/// <summary>
/// Connections in which people's code runs, each of which sees the tables of one schema. A service gets one that it, or another of its schema, had
/// before: it has the search path and prepared statements. Only when there are as many as there may be does one change its schema.
/// </summary>
/// <remarks>Safe for use by many threads.</remarks>
internal sealed class Sessions(NpgsqlConnectionStringBuilder each, int most, TimeSpan patience) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _turns = new(most, most);
    private readonly SemaphoreSlim _opening = new(1, 1);
    private readonly List<SessionPlace> _all = [];

    // What was longest unused comes first.
    private readonly List<SessionPlace> _free = [];

    /// <summary>Has a session find tables that are not named with their schema. Extensions are usually installed in "public".</summary>
    public static string Search(string schema) => $"SET search_path = {Identifier.Quoted(schema)}, public";

    /// <summary>The same, until the transaction ends.</summary>
    public static string SearchInTransaction(string schema) => $"SET LOCAL search_path = {Identifier.Quoted(schema)}, public";

    /// <exception cref="NoConnectionFreeException">Others have them all.</exception>
    public async ValueTask<Session> OpenAsync(string schema, CancellationToken cancellationToken)
    {
        if (!await _turns.WaitAsync(patience, cancellationToken).ConfigureAwait(false))
        {
            throw new NoConnectionFreeException();
        }

        SessionPlace? place = null;
        try
        {
            return IsAnyOpen(schema) ? await OpenPlaceAsync(cancellationToken).ConfigureAwait(false)
                : await OneByOne.OpenAsync(_opening, OpenPlaceAsync, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            if (place is null)
            {
                _turns.Release();
            }
            else
            {
                await GiveBackAsync(place, isAbandoned: false).ConfigureAwait(false);
            }

            throw;
        }

        async ValueTask<Session> OpenPlaceAsync(CancellationToken token)
        {
            place = Take(schema);
            return new Session(await place.OpenAsync(schema, token).ConfigureAwait(false), this, place);
        }
    }

    /// <summary>Each is opened again before it is used again.</summary>
    public void Clear() => All().ForEach(p => p.Clear());

    public async ValueTask DisposeAsync()
    {
        foreach (var place in All())
        {
            await place.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>A connection was given back; one that somebody still uses is not used again.</summary>
    internal async ValueTask GiveBackAsync(SessionPlace place, bool isAbandoned)
    {
        lock (_lock)
        {
            if (isAbandoned)
            {
                _all.Remove(place);
            }
            else
            {
                _free.Add(place);
            }
        }

        _turns.Release();
        if (isAbandoned)
        {
            await place.DisposeAsync().ConfigureAwait(false);
        }
    }

    // Closing one may wait for whoever uses it.
    private List<SessionPlace> All()
    {
        lock (_lock)
        {
            return [.. _all];
        }
    }

    private bool IsAnyOpen(string schema)
    {
        lock (_lock)
        {
            return _free.Exists(p => p.Schema == schema && !p.IsCold);
        }
    }

    private SessionPlace Take(string schema)
    {
        lock (_lock)
        {
            var at = _free.FindLastIndex(p => p.Schema == schema);
            at = at < 0 ? _free.FindLastIndex(p => p.Schema is null) : at;
            if (at < 0 && _all.Count < most)
            {
                var added = new SessionPlace(each, schema);
                _all.Add(added);
                return added;
            }

            // Whoever has a turn finds one that is free.
            var place = _free[Math.Max(at, 0)];
            _free.Remove(place);
            return place;
        }
    }
}
