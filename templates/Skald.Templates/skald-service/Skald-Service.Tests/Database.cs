using Dapper;
using Microsoft.Data.Sqlite;
using Skald;

namespace Skald_Service.Tests;

//#if (sqlite)
/// <summary>The service's tables in memory, and a message's transaction on them.</summary>
//#else
/// <summary>The service's tables in memory, and a message's transaction on them. The handlers' SQL is the same on SQLite, so that no server is needed.</summary>
//#endif
internal sealed class Database : IDisposable
{
    private readonly SqliteConnection _connection = new("Data Source=:memory:");
    private readonly SqliteTransaction _transaction;

    public Database()
    {
        _connection.Open();
        _connection.Execute(StockHandlers.Stock);
        _connection.Execute(StockHandlers.FirstStock);
        _transaction = _connection.BeginTransaction();
        Context = new MessageContext(_transaction, sagaId: null, messageId: Guid.Empty, attempt: 1, now: DateTimeOffset.UnixEpoch, CancellationToken.None);
    }

    public MessageContext Context { get; }

    public void Dispose()
    {
        _transaction.Dispose();
        _connection.Dispose();
    }
}
