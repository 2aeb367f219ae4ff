using Npgsql;

namespace Skald.PostgreSql;

/// <summary>A connection that somebody has for a while, and that sees the tables of his schema.</summary>
internal sealed class Session : IAsyncDisposable
{
    private readonly Sessions? _home;
    private readonly SessionPlace? _place;
    private bool _isOver;

    /// <summary>One that is closed with it.</summary>
    public Session(NpgsqlConnection connection) => Connection = connection;

    /// <summary>One that is given back.</summary>
    public Session(NpgsqlConnection connection, Sessions home, SessionPlace place) => (Connection, _home, _place) = (connection, home, place);

    public NpgsqlConnection Connection { get; }

    /// <summary>Whether somebody else still uses it: then it is not given back.</summary>
    public bool IsAbandoned { get; set; }

    public async ValueTask DisposeAsync()
    {
        if (_isOver)
        {
            return;
        }

        _isOver = true;
        var isSound = false;
        try
        {
            await Connection.DisposeAsync().ConfigureAwait(false);
            isSound = true;
        }
        finally
        {
            // One that is alone has neither.
            if (_home is not null && _place is not null)
            {
                await _home.GiveBackAsync(_place, IsAbandoned || !isSound).ConfigureAwait(false);
            }
        }
    }
}
