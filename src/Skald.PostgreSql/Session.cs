using System.Diagnostics;
using Npgsql;

namespace Skald.PostgreSql;

/// <summary>A connection that somebody has for a while, and that sees the tables of his schema.</summary>
internal sealed class Session : IAsyncDisposable
{
    private readonly Sessions? _home;
    private readonly SessionPlace? _place;
    private bool _isOver;
    private int _isGivenBack;

    /// <summary>One that is closed with it.</summary>
    public Session(NpgsqlConnection connection) => Connection = connection;

    /// <summary>One that is given back.</summary>
    public Session(NpgsqlConnection connection, Sessions home, SessionPlace place) => (Connection, _home, _place) = (connection, home, place);

    public NpgsqlConnection Connection { get; }

    /// <summary>Since when he has it, by the machine's steady count.</summary>
    public long Since { get; } = Stopwatch.GetTimestamp();

    /// <summary>Whether somebody else still uses it: then it is not given back.</summary>
    public bool IsAbandoned { get; set; }

    /// <summary>Whoever asked something in it waits no longer: others get its place, and it is closed when it is disposed of.</summary>
    public ValueTask LeaveAsync() => GiveBackAsync(isAbandoned: true);

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
            await GiveBackAsync(IsAbandoned || !isSound).ConfigureAwait(false);
        }
    }

    private async ValueTask GiveBackAsync(bool isAbandoned)
    {
        // One that is alone has neither.
        if (_home is not null && _place is not null && Interlocked.Exchange(ref _isGivenBack, 1) == 0)
        {
            await _home.GiveBackAsync(_place, isAbandoned).ConfigureAwait(false);
        }
    }
}
