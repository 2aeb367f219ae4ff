using Skald.Storage;

namespace Skald.Testing;

/// <summary>Where the contract of projections' stores is tried: fresh data, and how to take it away.</summary>
/// <param name="Open">
/// Opens the store of one projection of the service that is named, empty and not yet started; called again, the same data once more, as
/// another process would, or as another service would that was given the same place.
/// </param>
public sealed record ProjectionGround(Func<string, Task<IProjectionStore>> Open)
{
    /// <summary>
    /// Makes the database unreachable for every store that was opened, within a few seconds at most, until what is returned is disposed.
    /// </summary>
    public required Func<Task<IAsyncDisposable>> CutOff { get; init; }

    /// <summary>
    /// Cuts the connections that are open now, as a server does that is restarted; the next ones work. Null when there are none to cut.
    /// </summary>
    public Func<Task>? CutConnections { get; init; }

    /// <summary>Marks the data as written by a newer version of the store.</summary>
    public required Func<Task> MakeNewer { get; init; }

    /// <summary>
    /// Fills the disk, or makes the database answer as if it were full, until what is returned is disposed. Null where that cannot be
    /// done: the case that needs it fails then, unless the host of the suite skips it.
    /// </summary>
    public required Func<Task<IAsyncDisposable>>? FillDisk { get; init; }

    /// <summary>Removes the live tables, checkpoint and all, as somebody does who wants them built anew.</summary>
    public required Func<Task> Remove { get; init; }
}

/// <summary>One promise of projections' stores.</summary>
/// <param name="Name">The promise, as a sentence.</param>
/// <param name="Run">Tries it on fresh data.</param>
public sealed record ProjectionCase(string Name, Func<ProjectionGround, Task> Run);
