using Skald.Storage;

namespace Skald.Testing;

/// <summary>Where the contract of stores is tried: fresh data, and how to take it away.</summary>
/// <param name="Open">
/// Opens an empty store, not yet started; called again, the same data once more, as another process would. Both are in this process: that
/// two real ones keep apart, and that a loss of power takes nothing that was committed, the suite cannot show.
/// </param>
public sealed record StoreGround(Func<Task<IStore>> Open)
{
    /// <summary>Whether all data lives in the memory of the process, so that nothing can be cut off or fill up.</summary>
    public bool IsInProcess { get; init; }

    /// <summary>
    /// Makes the database unreachable for every store that was opened, within a few seconds at most, until what is returned is disposed.
    /// Required unless <see cref="IsInProcess"/>.
    /// </summary>
    public Func<Task<IAsyncDisposable>>? CutOff { get; init; }

    /// <summary>
    /// Cuts the connections that are open now, as a server does that is restarted; the next ones work. Null when there are none to cut.
    /// </summary>
    public Func<Task>? CutConnections { get; init; }

    /// <summary>Marks the data as written by a newer version of the store. Required unless <see cref="IsInProcess"/>.</summary>
    public Func<Task>? MakeNewer { get; init; }

    /// <summary>
    /// Fills the disk, or makes the database answer as if it were full, until what is returned is disposed. Required unless
    /// <see cref="IsInProcess"/>.
    /// </summary>
    public Func<Task<IAsyncDisposable>>? FillDisk { get; init; }
}

/// <summary>One promise of stores.</summary>
/// <param name="Name">The promise, as a sentence.</param>
/// <param name="Run">Tries it on fresh data.</param>
public sealed record StoreCase(string Name, Func<StoreGround, Task> Run);
