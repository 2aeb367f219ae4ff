namespace Skald;

/// <summary>
/// Locks on business keys that outlive a transaction: a saga or flow holds one from its first effect to its end, so that another
/// sees what is in progress. They are taken and freed in the participant's own transaction, and are not released by time.
/// </summary>
public sealed class SemanticLocks
{
    private readonly IBusinessKeys _keys;
    private readonly StepContext _context;

    internal SemanticLocks(IBusinessKeys keys, StepContext context) => (_keys, _context) = (keys, context);

    /// <summary>Takes a lock, or refuses: the choice is the caller's. True when it is the owner's now, or was already; false also for one that is free and promised to those who stand in its line.</summary>
    /// <param name="key">What is locked, such as <c>slot:7</c>.</param>
    /// <param name="owner">Who holds it; the flow or else the saga of this message unless said.</param>
    /// <exception cref="InvalidOperationException">There is neither a flow nor a saga, and no owner was said.</exception>
    public ValueTask<bool> TryTakeAsync(string key, string? owner = null) =>
        _keys.TryTakeAsync(key ?? throw new ArgumentNullException(nameof(key)), OwnerOr(owner), _context.Now, _context.Place);

    /// <summary>
    /// Takes a lock, or waits in its line: what this call has written is rolled back, and the message is handled again when the lock has been freed and
    /// all who came before have had it. However long that takes, it costs no attempt.
    /// </summary>
    /// <remarks>
    /// A saga's step that takes a lock needs an undo that frees it: then a command that waits for longer than its step is refused when its turn has come. An event that
    /// waits keeps the later events of its stream waiting, and those for minutes at most. A local step is tried again as one that throws; a request, and the
    /// outcome of an outside call, fail: use <see cref="TryTakeAsync"/> there.
    /// </remarks>
    /// <exception cref="LockHeldException">Another holds it, or stands before; let it pass, and the engine does the rest.</exception>
    public async ValueTask TakeAsync(string key, string? owner = null)
    {
        if (!await TryTakeAsync(key, owner))
        {
            throw new LockHeldException(key);
        }
    }

    /// <summary>Frees a lock. False when the owner does not hold it; then nothing changes.</summary>
    public ValueTask<bool> ReleaseAsync(string key, string? owner = null) => _keys.ReleaseAsync(key ?? throw new ArgumentNullException(nameof(key)), OwnerOr(owner));

    /// <summary>Frees every lock of the owner, and says how many. A service that handles the last event of a flow need not: its locks are freed then.</summary>
    public async ValueTask<int> ReleaseAllAsync(string? owner = null) => (await _keys.ReleaseAllAsync(OwnerOr(owner))).Count;

    /// <summary>Who holds a lock; null when nobody does.</summary>
    public ValueTask<string?> OwnerAsync(string key) => _keys.OwnerAsync(key ?? throw new ArgumentNullException(nameof(key)));

    private string OwnerOr(string? owner) => owner ?? _context.Flow ?? _context.SagaId?.ToString()
        ?? throw new InvalidOperationException("This message belongs to no flow and no saga: say who is to own the lock.");
}

/// <summary>Business keys that are dead for ever, so that a late or replayed message cannot bring them back to life.</summary>
public sealed class Tombstones
{
    private readonly IBusinessKeys _keys;
    private readonly StepContext _context;

    internal Tombstones(IBusinessKeys keys, StepContext context) => (_keys, _context) = (keys, context);

    /// <summary>Marks a key as dead, with the transaction. False when it was already; the first reason stays.</summary>
    public ValueTask<bool> BuryAsync(string key, string reason)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        ArgumentException.ThrowIfNullOrEmpty(reason);
        return _keys.BuryAsync(key, reason, _context.Now);
    }

    /// <summary>
    /// Why a key is dead; null when it is not. Others who ask for the same key, or bury it, wait until this transaction ends: ask
    /// first, then look at the rows and act.
    /// </summary>
    public ValueTask<string?> FindAsync(string key) => _keys.TombstoneAsync(key ?? throw new ArgumentNullException(nameof(key)));
}

/// <summary>A lock is held by another, or promised to others; the message waits in its line.</summary>
public sealed class LockHeldException : Exception
{
    internal LockHeldException(string key) : base($"'{key}' is held by another, or promised to those who wait for it.") => Key = key;

    /// <summary>The lock.</summary>
    public string Key { get; }
}
