using System.Data.Common;
using Skald.Storage;

namespace Skald.JsonFile;

/// <summary>A store that keeps the contract but for one promise.</summary>
internal sealed class BrokenStore(IStore inner) : IStore
{
    /// <summary>Changes what is asked for.</summary>
    public Action<LoadRequest> Asks { get; init; } = _ => { };

    /// <summary>Changes what was found.</summary>
    public Action<Loaded> Finds { get; init; } = _ => { };

    /// <summary>Changes what is written.</summary>
    public Action<Changes> Writes { get; init; } = _ => { };

    /// <summary>Changes what is due.</summary>
    public Func<DueWork, DueWork> IsDue { get; init; } = due => due;

    /// <summary>Changes the moment of a look for due work.</summary>
    public Func<DateTimeOffset, DateTimeOffset> Now { get; init; } = now => now;

    /// <summary>Changes how long a claim lasts.</summary>
    public Func<TimeSpan, TimeSpan> ClaimFor { get; init; } = time => time;

    /// <summary>Whether a unit lets others in while it is open.</summary>
    public bool IsOpenToAll { get; init; }

    /// <summary>Whether a unit that was abandoned keeps others out.</summary>
    public bool KeepsAbandoned { get; init; }

    /// <summary>Whether it says in its own words that the database is away.</summary>
    public bool KeepsItsOwnExceptions { get; init; }

    /// <summary>Whether it takes every mistake for an outage.</summary>
    public bool TakesMistakesForOutages { get; init; }

    /// <summary>Whose data it takes itself for, whoever asks.</summary>
    public string? Owner { get; init; }

    /// <summary>What people ask.</summary>
    public IOperations Operations { get; init; } = inner.Operations;

    public IRetention? Retention { get; init; } = inner.Retention;

    public string Description => inner.Description;

    public IEventLog? EventLog => inner.EventLog;

    public bool IsOutage(Exception exception) => TakesMistakesForOutages || inner.IsOutage(exception);

    public Task StartAsync(string owner, IReadOnlyList<string> schema, CancellationToken cancellationToken) => inner.StartAsync(Owner ?? owner, schema, cancellationToken);

    public Task<ReadOnlyMemory<byte>> KeepSecretAsync(ReadOnlyMemory<byte> drawn, CancellationToken cancellationToken) => inner.KeepSecretAsync(drawn, cancellationToken);

    public Task JoinAsync(IReadOnlyCollection<string>? plans, CancellationToken cancellationToken) => inner.JoinAsync(Knows(plans), cancellationToken);

    /// <summary>What it says that it knows.</summary>
    public Func<IReadOnlyCollection<string>?, IReadOnlyCollection<string>?> Knows { get; init; } = plans => plans;

    /// <summary>What it finds of plans that nobody knows.</summary>
    public Func<Strangers, Strangers> Strangers { get; init; } = found => found;

    public async ValueTask<Strangers> FindStrangersAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken) =>
        Strangers(await inner.FindStrangersAsync(now, limit, cancellationToken));

    public long Incarnation => inner.Incarnation;

    public Task LeaveAsync(CancellationToken cancellationToken) => inner.LeaveAsync(cancellationToken);

    public async ValueTask<IUnitOfWork> BeginAsync(LoadRequest request, CancellationToken cancellationToken)
    {
        try
        {
            Asks(request);
            var unit = await inner.BeginAsync(request, cancellationToken);
            Finds(unit.Loaded);
            if (IsOpenToAll)
            {
                await unit.DisposeAsync();
            }

            return new Unit(this, inner, unit);
        }
        catch (StoreUnavailableException exception) when (KeepsItsOwnExceptions)
        {
            throw new IOException(exception.Message);
        }
    }

    public async ValueTask<DueWork> TakeDueAsync(DateTimeOffset now, TimeSpan claimFor, int limit, bool wakes, CancellationToken cancellationToken) =>
        IsDue(await inner.TakeDueAsync(Now(now), ClaimFor(claimFor), limit, wakes, cancellationToken));

    public ValueTask<DbConnection> OpenAsync(CancellationToken cancellationToken) => inner.OpenAsync(cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private sealed class Unit(BrokenStore broken, IStore store, IUnitOfWork inner) : IUnitOfWork
    {
        public DbTransaction? Transaction => inner.Transaction;

        public Loaded Loaded => inner.Loaded;

        public IBusinessKeys? Keys => inner.Keys;

        public IStreamReader? Streams => inner.Streams;

        public async ValueTask LoadMoreAsync(LoadRequest more, CancellationToken cancellationToken)
        {
            broken.Asks(more);
            await inner.LoadMoreAsync(more, cancellationToken);
            broken.Finds(Loaded);
        }

        public async ValueTask CommitAsync(Changes changes, CancellationToken cancellationToken)
        {
            broken.Writes(changes);
            try
            {
                if (!broken.IsOpenToAll)
                {
                    await inner.CommitAsync(changes, cancellationToken);
                    return;
                }

                await using var late = await store.BeginAsync(new LoadRequest(), cancellationToken);
                await late.CommitAsync(changes, cancellationToken);
            }
            catch (StoreUnavailableException exception) when (broken.KeepsItsOwnExceptions)
            {
                throw new IOException(exception.Message);
            }
        }

        private bool _isAbandoned;

        public ValueTask AbandonAsync()
        {
            _isAbandoned = true;
            return inner.AbandonAsync();
        }

        public ValueTask DisposeAsync() => broken.IsOpenToAll || (_isAbandoned && broken.KeepsAbandoned) ? default : inner.DisposeAsync();
    }
}
