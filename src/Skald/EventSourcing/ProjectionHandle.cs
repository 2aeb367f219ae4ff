using System.Data.Common;
using Microsoft.Extensions.Logging;
using Skald.EventSourcing;

namespace Skald;

/// <summary>One asynchronous projection of a service: how it stands, and what a person can do about it.</summary>
public sealed class ProjectionHandle
{
    private readonly ProjectionRunner _runner;
    private readonly EventReader _reader;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    internal ProjectionHandle(ProjectionRunner runner, EventReader reader, TimeProvider time, ILogger logger) =>
        (_runner, _reader, _time, _logger) = (runner, reader, time, logger);

    /// <summary>Its name.</summary>
    public string Name => _runner.Projection.Name;

    /// <summary>Its database, for people.</summary>
    public string Description => _runner.Store.Description;

    /// <summary>Why it stands still, as this process knows it; null when it does not.</summary>
    public string? Problem => _runner.Problem;

    /// <summary>How it stands, as its own database and the events say now, whichever process projects.</summary>
    public Task<ProjectionStatus> StatusAsync(CancellationToken cancellationToken = default) => _runner.StatusAsync(cancellationToken);

    /// <summary>
    /// Projects what is missing, in this process, and returns when a look finds nothing more: for a command-line verb that reads its own
    /// writes while perhaps no process serves.
    /// </summary>
    /// <exception cref="ProjectionStoppedException">One of the events cannot be projected.</exception>
    public Task CatchUpAsync(CancellationToken cancellationToken = default) => _runner.CatchUpAsync(cancellationToken);

    /// <summary>Tries again at once what has stopped.</summary>
    public void Retry() => _runner.Retry();

    /// <summary>
    /// Leaves out the one event at which the projection stands still, for good, and logs that with the reason. The event itself stays;
    /// a rebuild meets it again, so the projection should have learned to live with it by then.
    /// </summary>
    /// <param name="position">The event, as <see cref="ProjectionStatus.StopsAt"/> says.</param>
    /// <param name="reason">Why the rows are right without it.</param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    /// <exception cref="InvalidOperationException">It does not stand still there; nothing is changed.</exception>
    public Task SkipAsync(EventPosition position, string reason, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        return _runner.SkipAsync(position, reason, cancellationToken);
    }

    /// <summary>Opens a connection for reading its rows; the caller disposes it.</summary>
    public ValueTask<DbConnection> OpenAsync(CancellationToken cancellationToken = default) => _runner.Store.OpenAsync(cancellationToken);

    /// <summary>Builds it again from the first event on, beside the live rows, compares and switches. Nothing is published.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The page size is out of its range; nothing was begun.</exception>
    /// <exception cref="UnknownEventException">The code cannot read one of the events; the live rows stay.</exception>
    public async Task<RebuildResult> RebuildAsync(RebuildOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new RebuildOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.PageSize, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.PageSize, ProjectionBuilder.LargestPage);
        await _runner.EnsureStartedAsync(cancellationToken);
        return await new ProjectionRebuild(_runner, _reader, options, _time, _logger, cancellationToken).RunAsync();
    }

    internal bool IsOutage(Exception exception) => _runner.Store.IsOutage(exception);

    internal void Start() => _runner.Start();

    internal void Wake() => _runner.Wake();

    internal Task StopAsync() => _runner.StopAsync();

    internal ValueTask DisposeAsync() => _runner.DisposeAsync();
}
