using Npgsql;

namespace Skald.PostgreSql;

/// <summary>The connections of a process to one database, by their kind.</summary>
internal sealed class Pools : IAsyncDisposable
{
    private readonly PostgresAddress _address;
    private readonly ConnectionShare _share;
    private volatile Pool _statements;
    private volatile Pool _reading;

    public Pools(PostgresAddress address)
    {
        var share = ConnectionShare.Of(address.MaxConnections);
        (_address, _share) = (address, share);
        _statements = NewStatements();
        _reading = NewReading();
        Units = new Sessions(address.ForUnits(), share.Units, address.Patience);
        Projecting = new Sessions(address.ForProjecting(), share.Projecting, address.Patience);
    }

    public Pool Statements => _statements;

    public Pool Reading => _reading;

    public Sessions Units { get; }

    public Sessions Projecting { get; }

    /// <summary>Those that there are may be of no use any more: each is opened again before it is used again.</summary>
    /// <param name="areHeld">Whether some are kept by statements that hang: their places go to others. A unit of work sees to that itself.</param>
    public void Forget(bool areHeld)
    {
        if (areHeld)
        {
            Pool[] left = [Interlocked.Exchange(ref _statements, NewStatements()), Interlocked.Exchange(ref _reading, NewReading())];
            _ = Task.WhenAll(left.Select(pool => Task.Run(pool.DisposeAsync)));
        }

        _statements.Clear();
        _reading.Clear();
        Units.Clear();
        Projecting.Clear();
    }

    /// <summary>Closes them; one that is in use when its user gives it back.</summary>
    public async ValueTask DisposeAsync()
    {
        await Statements.DisposeAsync().ConfigureAwait(false);
        await Reading.DisposeAsync().ConfigureAwait(false);
        await Units.DisposeAsync().ConfigureAwait(false);
        await Projecting.DisposeAsync().ConfigureAwait(false);
    }

    private Pool NewStatements() => new(new NpgsqlDataSourceBuilder(_address.ForStatements(_share.Statements).ConnectionString)
        // These know no types but the server's own: nothing has to be looked up when the first is opened.
        .ConfigureTypeLoading(types => types.EnableTypeLoading(false)).Build());

    private Pool NewReading() => new(NpgsqlDataSource.Create(_address.ForReading(_share.Reading)));
}

/// <summary>How the connections of a process are divided; one more listens.</summary>
/// <param name="Units">For units of work.</param>
/// <param name="Reading">For what people ask.</param>
/// <param name="Statements">For statements that stand by themselves; two at least, because one may wait in set-up.</param>
/// <param name="Projecting">For projections; two at least, because one may wait for the end of a rebuild.</param>
internal sealed record ConnectionShare(int Units, int Reading, int Statements, int Projecting)
{
    private const int Listening = 1;

    public static ConnectionShare Of(int most)
    {
        var (reading, statements, projecting) = (most / 4, Math.Max(2, most / 8), Math.Max(2, most / 8));
        return new ConnectionShare(most - reading - statements - projecting - Listening, reading, statements, projecting);
    }
}
