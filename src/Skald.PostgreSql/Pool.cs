using Npgsql;

namespace Skald.PostgreSql;

/// <summary>Connections that are all alike.</summary>
/// <param name="source">What opens them.</param>
internal sealed class Pool(NpgsqlDataSource source) : IAsyncDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Func<CancellationToken, ValueTask<NpgsqlConnection>> _open = source.OpenConnectionAsync;

    /// <summary>Gives one; disposing of it gives it back.</summary>
    public ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken) => OneByOne.OpenAsync(_turn, _open, cancellationToken);

    /// <summary>Each is opened again before it is used again.</summary>
    public void Clear() => source.Clear();

    public ValueTask DisposeAsync() => source.DisposeAsync();
}
