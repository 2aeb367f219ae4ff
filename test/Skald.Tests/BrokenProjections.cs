using System.Data.Common;
using Skald.Storage;

namespace Skald.Tests;

/// <summary>A projections' store that keeps the contract but for one promise.</summary>
internal sealed class BrokenProjections(IProjectionStore inner) : IProjectionStore
{
    private static readonly SemaphoreSlim Starting = new(1, 1);
    private readonly SemaphoreSlim _oneUnit = new(1, 1);
    private int _reading;

    /// <summary>Changes the statements.</summary>
    public Func<IReadOnlyList<string>, IReadOnlyList<string>> Schema { get; init; } = schema => schema;

    /// <summary>Changes what is found.</summary>
    public Func<ProjectionCheckpoint?, ProjectionCheckpoint?> Finds { get; init; } = found => found;

    /// <summary>Changes what is reported.</summary>
    public Func<string, string?> Reports { get; init; } = problem => problem;

    /// <summary>Changes which tables are meant.</summary>
    public Func<ProjectionTables, ProjectionTables> Tables { get; init; } = tables => tables;

    /// <summary>Changes the position that is committed.</summary>
    public Func<EventPosition, EventPosition> Commits { get; init; } = position => position;

    /// <summary>Changes what is answered of the tables.</summary>
    public Func<IReadOnlyList<TableDifference>, IReadOnlyList<TableDifference>> Compares { get; init; } = differences => differences;

    /// <summary>Changes what is decided of the rebuilt tables.</summary>
    public Func<bool, bool> TakesOver { get; init; } = wanted => wanted;

    /// <summary>Changes where the live tables are said to be when a rebuild ends.</summary>
    public Func<EventPosition, EventPosition> CatchesUpTo { get; init; } = position => position;

    /// <summary>Run on the live tables before a rebuild ends, each by itself.</summary>
    public string? BeforeEnd { get; init; }

    /// <summary>Run on the live tables after a rebuild has ended.</summary>
    public string? AfterEnd { get; init; }

    /// <summary>What is told of exceptions; the truth unless set.</summary>
    public bool? TakesForOutage { get; init; }

    public bool StartsOneAtATime { get; init; }

    public bool PassesOverRefusals { get; init; }

    public bool StartsStatementByStatement { get; init; }

    public bool LosesRows { get; init; }

    public bool CommitsAnyway { get; init; }

    public bool KeepsProblem { get; init; }

    public bool IsOpenToAll { get; init; }

    public bool FindsInATurn { get; init; }

    public bool HasOneUnit { get; init; }

    public bool NeverAbandons { get; init; }

    public bool BuildsInTheLive { get; init; }

    public bool CatchesUpOutside { get; init; }

    public bool BelievesWhatIsSaid { get; init; }

    public bool WaitsForReaders { get; init; }

    /// <summary>Whether a wait that was abandoned keeps what it has got.</summary>
    public bool KeepsWhatWasAbandoned { get; init; }

    public bool KeepsItsOwnExceptions { get; init; }

    public string Description => inner.Description;

    public async Task StartAsync(IReadOnlyList<string> schema, CancellationToken cancellationToken)
    {
        if (StartsOneAtATime && !Starting.Wait(0, CancellationToken.None))
        {
            throw new StoreSetupException("Another starts it.");
        }

        try
        {
            var statements = Schema(schema);
            for (var last = StartsStatementByStatement ? 1 : statements.Count; last <= statements.Count; last++)
            {
                await inner.StartAsync([.. statements.Take(last)], cancellationToken);
            }
        }
        catch (StoreSetupException) when (PassesOverRefusals)
        {
            // As if nothing had been.
        }
        finally
        {
            if (StartsOneAtATime)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, CancellationToken.None);
                Starting.Release();
            }
        }
    }

    public async ValueTask<IProjectionUnit> BeginAsync(ProjectionTables tables, CancellationToken cancellationToken)
    {
        if (HasOneUnit && !await _oneUnit.WaitAsync(TimeSpan.FromSeconds(1), cancellationToken))
        {
            throw new StoreUnavailableException("A unit is open.");
        }

        try
        {
            var unit = await inner.BeginAsync(BuildsInTheLive ? ProjectionTables.Live : Tables(tables), cancellationToken);
            if (IsOpenToAll)
            {
                await unit.DisposeAsync();
            }

            return new Unit(this, unit, tables);
        }
        catch (StoreUnavailableException exception) when (KeepsItsOwnExceptions)
        {
            throw new IOException(exception.Message);
        }
    }

    public async ValueTask<ProjectionCheckpoint?> FindAsync(CancellationToken cancellationToken)
    {
        if (FindsInATurn)
        {
            await using var unit = await inner.BeginAsync(ProjectionTables.Live, cancellationToken);
        }

        return Finds(await inner.FindAsync(cancellationToken));
    }

    public ValueTask ReportAsync(string problem, CancellationToken cancellationToken) => Reports(problem) is { } told ? inner.ReportAsync(told, cancellationToken) : default;

    public async ValueTask<DbConnection> OpenAsync(CancellationToken cancellationToken)
    {
        var connection = await inner.OpenAsync(cancellationToken);
        Interlocked.Increment(ref _reading);
        connection.StateChange += (_, change) =>
        {
            if (change.CurrentState == System.Data.ConnectionState.Closed)
            {
                Interlocked.Decrement(ref _reading);
            }
        };
        return connection;
    }

    public async Task BeginRebuildAsync(IReadOnlyList<string> schema, CancellationToken cancellationToken)
    {
        try
        {
            await inner.BeginRebuildAsync(Schema(schema), cancellationToken);
        }
        catch (Exception exception) when (PassesOverRefusals && exception is InvalidOperationException or StoreSetupException)
        {
            // As if nothing had been.
        }
    }

    public async Task<IReadOnlyList<TableDifference>> EndRebuildAsync(
        Func<EventPosition, Task<EventPosition>> catchUp, Func<IReadOnlyList<TableDifference>, bool> takeOver, CancellationToken cancellationToken)
    {
        if (WaitsForReaders && Volatile.Read(ref _reading) > 0)
        {
            throw new StoreUnavailableException("Somebody reads.");
        }

        if (PassesOverRefusals)
        {
            return [];
        }

        await RunAsync(BeforeEnd, cancellationToken);
        EventPosition? reached = CatchesUpOutside ? await catchUp((await inner.FindAsync(cancellationToken))!.Position) : null;
        var differences = await inner.EndRebuildAsync(
            async live => await IsAtAsync(reached ?? await catchUp(CatchesUpTo(live))), differences => TakesOver(takeOver(Compares(differences))), cancellationToken);
        await RunAsync(AfterEnd, cancellationToken);
        return Compares(differences);
    }

    public Task AbandonRebuildAsync(CancellationToken cancellationToken) => NeverAbandons ? Task.CompletedTask : inner.AbandonRebuildAsync(cancellationToken);

    public bool IsOutage(Exception exception) => TakesForOutage ?? inner.IsOutage(exception);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private async Task<EventPosition> IsAtAsync(EventPosition said)
    {
        if (!BelievesWhatIsSaid)
        {
            return said;
        }

        await using var unit = await inner.BeginAsync(ProjectionTables.Rebuild, CancellationToken.None);
        return unit.Position;
    }

    private async Task RunAsync(string? statement, CancellationToken cancellationToken)
    {
        if (statement is not null)
        {
            await using var connection = await inner.OpenAsync(cancellationToken);
            await using var command = connection.CreateCommand();
            command.CommandText = statement;
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    private sealed class Unit(BrokenProjections broken, IProjectionUnit inner, ProjectionTables tables) : IProjectionUnit
    {
        private bool _committed;

        public DbTransaction Transaction => inner.Transaction;

        public EventPosition Position => inner.Position;

        public async ValueTask CommitAsync(EventPosition position, CancellationToken cancellationToken)
        {
            _committed = true;
            var problem = broken.KeepsProblem ? (await broken.FindAsync(cancellationToken))?.Problem : null;
            if (broken.LosesRows)
            {
                await inner.DisposeAsync();
                await using var empty = await broken.BeginAsync(tables, cancellationToken);
                await ((Unit)empty).CommitInnerAsync(position, cancellationToken);
            }
            else
            {
                await CommitInnerAsync(position, cancellationToken);
            }

            if (problem is not null)
            {
                await broken.ReportAsync(problem, cancellationToken);
            }
        }

        public async ValueTask DisposeAsync()
        {
            if (broken.CommitsAnyway && !_committed)
            {
                await CommitInnerAsync(Position, CancellationToken.None);
            }

            if (broken.HasOneUnit)
            {
                broken._oneUnit.Release();
            }

            if (!broken.KeepsWhatWasAbandoned || _committed)
            {
                await inner.DisposeAsync();
            }
        }

        private async ValueTask CommitInnerAsync(EventPosition position, CancellationToken cancellationToken)
        {
            try
            {
                await inner.CommitAsync(broken.Commits(position), cancellationToken);
            }
            catch (StoreUnavailableException exception) when (broken.KeepsItsOwnExceptions)
            {
                throw new IOException(exception.Message);
            }
        }
    }
}
