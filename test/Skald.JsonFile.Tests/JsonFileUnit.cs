using System.Data.Common;
using Skald.Storage;

namespace Skald.JsonFile;

/// <summary>A unit of work: the lock, and the document as it was when the lock was taken.</summary>
internal sealed class JsonFileUnit(DataFile file, Document document, IDisposable held) : IUnitOfWork, IStreamReader
{
    private readonly HashSet<LedgerKey> _lookedUp = [];

    public DbTransaction? Transaction => null;

    public Loaded Loaded { get; } = new();

    public IBusinessKeys Keys { get; } = new JsonFileKeys(document);

    public IStreamReader Streams => this;

    public void Load(LoadRequest request)
    {
        Find(request.Sagas, document.Sagas, Loaded.Sagas, r => r);
        Find(request.Flows, document.Flows, Loaded.Flows, r => r);
        Find(request.Requests, document.Requests, Loaded.Requests, r => r);
        Find(request.Positions, document.Positions, Loaded.Positions, r => r.Version);
        Find(request.Delayed, document.Delayed, Loaded.Delayed, r => r);
        Find(request.Jobs, document.Jobs, Loaded.Jobs, r => r);
        Loaded.Unhandled.UnionWith(request.Unhandled.Where(saga => document.Delayed.Any(r => r.Saga == saga) || document.DeadLetters.Any(r => r.Saga == saga)));
        var keys = request.Ledger.Where(_lookedUp.Add).ToHashSet();
        Loaded.Ledger.AddRange(document.Ledger.Where(r => keys.Contains(Document.KeyOf(r))));
    }

    public ValueTask LoadMoreAsync(LoadRequest more, CancellationToken cancellationToken)
    {
        Load(more);
        return ValueTask.CompletedTask;
    }

    public ValueTask<StreamRows> ReadStreamAsync(string stream, string? shape, CancellationToken cancellationToken) => new(document.ReadStream(stream, shape));

    public async ValueTask CommitAsync(Changes changes, CancellationToken cancellationToken)
    {
        document.Apply(changes);
        await file.WriteAsync(document, cancellationToken);
        held.Dispose();
    }

    public ValueTask DisposeAsync()
    {
        held.Dispose();
        return ValueTask.CompletedTask;
    }

    private static void Find<TKey, TRow, TValue>(IEnumerable<TKey> keys, Table<TKey, TRow> among, Dictionary<TKey, TValue> found, Func<TRow, TValue> valueOf)
        where TKey : notnull
        where TRow : class
    {
        foreach (var key in keys)
        {
            if (among.Find(key) is { } row)
            {
                found[key] = valueOf(row);
            }
        }
    }
}
