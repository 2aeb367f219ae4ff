using Skald.Storage;

namespace Skald.Runtime;

/// <summary>
/// Versions that no process knows that lives. A process that is started again, or a deployment that replaces one after the other, takes a while:
/// only the sagas of one that has been nobody's for so long are parked.
/// </summary>
/// <param name="pause">What lies between two looks for them, at least.</param>
/// <param name="patience">How long.</param>
internal sealed class StrangerWatch(TimeSpan pause, TimeSpan patience)
{
    private readonly Dictionary<string, DateTimeOffset> _since = [];
    private DateTimeOffset _next = DateTimeOffset.MinValue;

    /// <summary>Whether it is time for a look.</summary>
    public bool IsToLook(DateTimeOffset now) => now >= _next;

    /// <summary>A look has found these.</summary>
    /// <param name="strangers">All, or as many as a look finds.</param>
    /// <param name="now">The clock.</param>
    /// <param name="again">Whether the next look shall look for them, too.</param>
    /// <returns>Those whose version is nobody's for too long.</returns>
    public IEnumerable<Guid> Learn(IReadOnlyList<Stranger> strangers, DateTimeOffset now, bool again)
    {
        _next = again ? now : now + pause;
        foreach (var plan in _since.Keys.Except(strangers.Select(s => s.Plan)).ToList())
        {
            _since.Remove(plan);
        }

        foreach (var stranger in strangers)
        {
            _since.TryAdd(stranger.Plan, now);
        }

        return strangers.Where(s => now - _since[s.Plan] >= patience).Select(s => s.Saga);
    }
}
