using Microsoft.Extensions.Logging;
using Skald.Diagnostics;
using Skald.Storage;

namespace Skald.EventSourcing;

/// <summary>
/// Keeps one projection up to date. It reads a page, takes the projection's transaction, sees in it how far the rows are, applies
/// what they lack and commits rows and checkpoint together: whoever else runs the same projection, in whatever process, waits for
/// the transaction and goes on from there.
/// </summary>
internal sealed class ProjectionRunner : IAsyncDisposable
{
    private static readonly TimeSpan HeldBackPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan OutagePause = TimeSpan.FromSeconds(1);

    private readonly IEventLog _log;
    private readonly IProjectionStore _store;
    private readonly EventReader _reader;
    private readonly SkaldOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly string _service;
    private readonly int _pageSize;
    private readonly Wakeup _woken = new();
    private readonly Wakeup _retried = new();
    private readonly Wakeup _moved = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _running = new(1, 1);

    private Task? _loop;
    private volatile bool _started;
    private bool _looksAtRows;
    private EventPosition _known;
    private volatile ProjectionFacts _facts = new(ProjectionState.Starting, EventPosition.Start, null, null, 0, null);

    public ProjectionRunner(
        string service, Projection projection, IProjectionStore store, int pageSize, IEventLog log, EventReader reader, SkaldOptions options, TimeProvider time, ILogger logger)
    {
        (_service, Projection, _store, _pageSize, _log, _reader, _options, _time, _logger) = (service, projection, store, pageSize, log, reader, options, time, logger);
        SkaldMeter.WatchLag(service, projection.Name, () => Lag);
    }

    public Projection Projection { get; }

    public IProjectionStore Store => _store;

    public IEventLog Log => _log;

    public Surroundings Surroundings => _options.Surroundings;

    /// <summary>The age of the oldest event known not to be projected.</summary>
    public TimeSpan Lag => _facts.Lag(_time.GetUtcNow());

    /// <summary>Why it stands still; null when it does not.</summary>
    public string? Problem => _facts.Problem;

    public void Start() => _loop ??= _options.Surroundings.RunAsync(RunAsync);

    public void Wake() => _woken.Set();

    /// <summary>The rows are not what they were: a rebuild has put others in their place.</summary>
    public void LookAgain()
    {
        _started = false;
        Retry();
    }

    /// <summary>Ends the pause after a failure.</summary>
    public void Retry()
    {
        _retried.Set();
        _woken.Set();
    }

    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        if (_loop is not null)
        {
            await _loop;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        SkaldMeter.Forget(_service, Projection.Name);
        await _store.DisposeAsync();
        _stopping.Dispose();
        _running.Dispose();
    }

    /// <summary>How it stands, as its own database and the events say at this moment.</summary>
    public Task<ProjectionStatus> StatusAsync(CancellationToken cancellationToken) => _facts.StatusAsync(Projection.Name, _store, _log, _time, cancellationToken);

    /// <summary>Creates the tables where they are missing.</summary>
    public async Task EnsureStartedAsync(CancellationToken cancellationToken)
    {
        await _running.WaitAsync(cancellationToken);
        try
        {
            await StartStoreAsync(cancellationToken);
        }
        finally
        {
            _running.Release();
        }
    }

    /// <summary>Projects what there is, here and now, and returns when a look at the events finds nothing more.</summary>
    /// <exception cref="ProjectionStoppedException">An event cannot be projected.</exception>
    public async Task CatchUpAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var moved = _moved.Next;
            var step = await StepAsync(cancellationToken);
            if (step.Kind == StepKind.Nothing)
            {
                return;
            }

            if (step.Kind == StepKind.Failed)
            {
                throw new ProjectionStoppedException(Projection.Name, step.Problem!);
            }

            if (step.Kind == StepKind.HeldBack)
            {
                await Task.WhenAny(moved, Task.Delay(HeldBackPause, _time, cancellationToken));
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
    }

    /// <summary>Leaves out the one event at which the projection stands still.</summary>
    /// <exception cref="InvalidOperationException">It does not stand still there; nothing is changed.</exception>
    public async Task SkipAsync(EventPosition position, string reason, CancellationToken cancellationToken)
    {
        await _running.WaitAsync(cancellationToken);
        try
        {
            if (await StartStoreAsync(cancellationToken) is { } problem)
            {
                throw new InvalidOperationException($"Projection '{Projection.Name}' stands still: {problem}.");
            }

            await using (var unit = await _store.BeginAsync(ProjectionTables.Live, cancellationToken))
            {
                var skipped = await StandsAtAsync(unit.Position, cancellationToken);
                if (skipped.Position != position)
                {
                    throw new InvalidOperationException($"Projection '{Projection.Name}' stands still at {skipped.Position}, not at {position}: only that event can be left out.");
                }

                await unit.CommitAsync(position, CancellationToken.None);
                _logger.ProjectionSkipped(Projection.Name, position, skipped.Event.Type, skipped.Event.Version, skipped.Event.Stream, reason);
            }

            _known = position;
            _facts = new ProjectionFacts(ProjectionState.CatchingUp, position, null, null, 0, null);
        }
        finally
        {
            _running.Release();
        }

        Retry();
    }

    private async Task<StoredEvent> StandsAtAsync(EventPosition position, CancellationToken cancellationToken)
    {
        var problem = (await _store.FindAsync(cancellationToken))?.Problem;
        return problem is not null && (await _log.ReadAsync(position, 1, cancellationToken)).Events is [var at, ..]
            ? at
            : throw new InvalidOperationException($"Projection '{Projection.Name}' does not stand still: there is nothing to leave out.");
    }

    private async Task RunAsync()
    {
        var outage = false;
        while (!_stopping.IsCancellationRequested)
        {
            var (woken, retried) = (_woken.Next, _retried.Next);
            TimeSpan pause;
            try
            {
                var step = await StepAsync(_stopping.Token);
                outage = false;
                pause = step.Kind switch
                {
                    StepKind.Moved => TimeSpan.Zero,
                    StepKind.HeldBack => HeldBackPause,
                    StepKind.Failed => _options.RetryDelay(_facts.Attempts),
                    // What other processes append is told; a look now and then finds what was not.
                    _ => _options.Lease,
                };
                if (step.Kind == StepKind.Failed)
                {
                    // Whatever is appended meanwhile comes after the event that stops it.
                    woken = retried;
                }
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                // The databases, not an event: nothing is counted, and the tables may be gone with the database.
                _facts = _facts with { State = ProjectionState.Unreachable, Problem = exception.Message, RetryAt = _time.GetUtcNow() + OutagePause };
                _started = false;
                if (!outage)
                {
                    _logger.ProjectionUnreachable(Projection.Name, exception);
                }

                (outage, pause, woken) = (true, OutagePause, retried);
            }

            _looksAtRows = false;
            if (pause > TimeSpan.Zero)
            {
                using var waiting = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
                _looksAtRows = await Task.WhenAny(woken, Task.Delay(pause, _time, waiting.Token)) != woken;
                await waiting.CancelAsync();
            }
        }
    }

    /// <summary>One page: read, take the transaction, apply what the rows lack, commit.</summary>
    private async Task<Step> StepAsync(CancellationToken cancellationToken)
    {
        await _running.WaitAsync(cancellationToken);
        try
        {
            if (await StartStoreAsync(cancellationToken) is { } problem)
            {
                return await StopAsync(problem, null, null, cancellationToken);
            }

            var page = await _log.ReadAsync(_known, _pageSize, cancellationToken);
            if (page.Events.Count == 0)
            {
                return page.HeldBack ? await HeldBackAsync(cancellationToken) : await NothingNewAsync(cancellationToken);
            }

            return await ApplyAsync(page.Events, cancellationToken);
        }
        finally
        {
            _running.Release();
        }
    }

    /// <summary>Creates the tables where they are missing, and sees how far the rows are.</summary>
    /// <returns>Why it cannot go on from there; null when it can.</returns>
    private async Task<string?> StartStoreAsync(CancellationToken cancellationToken)
    {
        if (_started)
        {
            return null;
        }

        await _store.StartAsync(Projection.Schema, cancellationToken);
        _known = (await _store.FindAsync(cancellationToken))?.Position ?? EventPosition.Start;
        if (_known != EventPosition.Start && !await HasAsync(_known, cancellationToken))
        {
            return $"its rows contain event {_known}, which is not among the events: they were restored to an earlier state. Rebuild it";
        }

        _started = true;
        return null;
    }

    private async Task<bool> HasAsync(EventPosition position, CancellationToken cancellationToken) =>
        (await _log.ReadAsync(position with { Number = position.Number - 1 }, 1, cancellationToken)).Events is [var at] && at.Position == position;

    private async Task<Step> ApplyAsync(IReadOnlyList<StoredEvent> page, CancellationToken cancellationToken)
    {
        _facts = _facts with { State = _facts.Problem is null ? ProjectionState.CatchingUp : _facts.State, Oldest = UnixTime.To(page[0].Event.At) };
        try
        {
            await TryCommitAsync(page, cancellationToken);
            return Step.Moved;
        }
        catch (EventFaultException) when (page.Count > 1)
        {
            // Some event of the page: those before it are projected, each by itself, until it is found.
        }
        catch (EventFaultException fault)
        {
            return await StopAtAsync(page[0], fault.Cause, cancellationToken);
        }

        foreach (var one in page)
        {
            try
            {
                if (!await TryCommitAsync([one], cancellationToken))
                {
                    return Step.Moved;
                }
            }
            catch (EventFaultException fault)
            {
                return await StopAtAsync(one, fault.Cause, cancellationToken);
            }
        }

        return Step.Moved;
    }

    /// <summary>Applies what the rows lack of a page. False when they lack something else, or nothing: the next page is read from where they are.</summary>
    private async Task<bool> TryCommitAsync(IReadOnlyList<StoredEvent> page, CancellationToken cancellationToken)
    {
        var span = Tracing.IsOn ? Tracing.Project(_service, Projection.Name, page.Count) : null;
        try
        {
            return await TryCommitUntoldAsync(page, cancellationToken);
        }
        catch (Exception exception)
        {
            span?.Failed(exception);
            throw;
        }
        finally
        {
            span?.End();
        }
    }

    private async Task<bool> TryCommitUntoldAsync(IReadOnlyList<StoredEvent> page, CancellationToken cancellationToken)
    {
        var position = page[^1].Position;
        try
        {
            await using var unit = await _store.BeginAsync(ProjectionTables.Live, cancellationToken);
            // An older state of the rows was restored, or another process came first.
            var behind = unit.Position < _known;
            _known = unit.Position;
            if (behind || _known >= position)
            {
                return false;
            }

            await WriteAsync(unit, page[0].Position > _known ? page : [.. page.Where(e => e.Position > _known)], position, cancellationToken);
        }
        catch (SagaConcurrencyException)
        {
            _known = (await _store.FindAsync(cancellationToken))?.Position ?? EventPosition.Start;
            return false;
        }

        _known = position;
        if (_facts.Problem is not null)
        {
            _logger.ProjectionGoesOn(Projection.Name, position);
        }

        _facts = new ProjectionFacts(ProjectionState.CatchingUp, position, UnixTime.To(page[^1].Event.At), null, 0, null);
        _moved.Set();
        return true;
    }

    private Task<Step> StopAtAsync(StoredEvent at, Exception exception, CancellationToken cancellationToken) => StopAsync(
        $"event {at.Position} ({at.Event.Type}, version {at.Event.Version} of {at.Event.Stream}) cannot be projected: {exception.Message}",
        UnixTime.To(at.Event.At), exception, cancellationToken);

    private async Task<Step> StopAsync(string problem, DateTimeOffset? oldest, Exception? exception, CancellationToken cancellationToken)
    {
        var attempts = _facts.State == ProjectionState.Stopped && _facts.Position == _known ? _facts.Attempts + 1 : 1;
        var delay = _options.RetryDelay(attempts);
        _facts = new ProjectionFacts(ProjectionState.Stopped, _known, oldest, problem, attempts, _time.GetUtcNow() + delay);
        _logger.ProjectionStopped(Projection.Name, problem, attempts, delay, exception);
        await _store.ReportAsync(problem, cancellationToken);
        return new Step(StepKind.Failed, problem);
    }

    private async Task<Step> NothingNewAsync(CancellationToken cancellationToken)
    {
        if (_looksAtRows && (await _store.FindAsync(cancellationToken))?.Position != _known)
        {
            // They were removed, replaced, or rebuilt by another process.
            _started = false;
            return Step.Moved;
        }

        _facts = new ProjectionFacts(ProjectionState.Current, _known, null, null, 0, null);
        return new Step(StepKind.Nothing, null);
    }

    private async Task<Step> HeldBackAsync(CancellationToken cancellationToken)
    {
        _facts = _facts with { State = ProjectionState.CatchingUp, Problem = null, HeldBackBy = await _log.WhyHeldBackAsync(cancellationToken) };
        return new Step(StepKind.HeldBack, null);
    }

    private async Task WriteAsync(IProjectionUnit unit, IReadOnlyList<StoredEvent> page, EventPosition position, CancellationToken cancellationToken)
    {
        try
        {
            await Projection.ApplyAsync(_reader.Read(page), new ProjectionContext(unit.Transaction, cancellationToken));
            await unit.CommitAsync(position, CancellationToken.None);
        }
        catch (Exception exception) when (
            exception is not (StoreUnavailableException or SagaConcurrencyException) && !_store.IsOutage(exception)
            && (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested))
        {
            // It is the fault of an event, or of the code that projects it, and not of a database that is away.
            throw new EventFaultException(exception);
        }
    }

    private enum StepKind
    {
        Nothing,
        HeldBack,
        Moved,
        Failed,
    }

    private readonly record struct Step(StepKind Kind, string? Problem)
    {
        public static readonly Step Moved = new(StepKind.Moved, null);
    }
}

/// <summary>An event of a page cannot be projected; the page is rolled back.</summary>
internal sealed class EventFaultException(Exception cause) : Exception(cause.Message, cause)
{
    public Exception Cause => InnerException!;
}
