using System.Data.Common;
using Skald.Storage;

namespace Skald.Tests;

/// <summary>Passes everything on; what a test does otherwise it overrides.</summary>
internal abstract class PassingUnit(IUnitOfWork inner) : IUnitOfWork
{
    public DbTransaction? Transaction => inner.Transaction;

    public bool IsDoomedByAnError => inner.IsDoomedByAnError;

    public Loaded Loaded => inner.Loaded;

    public IBusinessKeys? Keys => inner.Keys;

    public IStreamReader? Streams => inner.Streams;

    public ValueTask LoadMoreAsync(LoadRequest more, CancellationToken cancellationToken) => inner.LoadMoreAsync(more, cancellationToken);

    public virtual ValueTask CommitAsync(Changes changes, CancellationToken cancellationToken) => inner.CommitAsync(changes, cancellationToken);

    public ValueTask AbandonAsync() => inner.AbandonAsync();

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
