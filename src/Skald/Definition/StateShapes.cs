using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Skald.Definition;

/// <summary>A change of the shape in which a definition's state is stored.</summary>
/// <param name="Since">The first version with the new shape.</param>
/// <param name="Upgrade">Makes the new of the old.</param>
/// <param name="Downgrade">Makes the old of the new.</param>
internal sealed record StateChange(int Since, Action<JsonObject> Upgrade, Action<JsonObject> Downgrade);

/// <summary>What lies between the shape in which a version's sagas are stored and that of the present state.</summary>
/// <param name="changes">Those that came later than the version, in their order.</param>
internal sealed class StateShapes(ImmutableArray<StateChange> changes)
{
    /// <summary>The version has the present shape.</summary>
    public static readonly StateShapes Same = new([]);

    public bool AreSame => changes.IsEmpty;

    /// <summary>A stored state as it is read today.</summary>
    /// <exception cref="JsonException">It is no JSON object, or a change threw.</exception>
    public byte[] Upgrade(ReadOnlySpan<byte> stored) => Through(stored, changes, change => (change.Upgrade, "upgraded to"));

    /// <summary>A state of today as it is stored.</summary>
    /// <exception cref="JsonException">It is no JSON object, or a change threw.</exception>
    public byte[] Downgrade(ReadOnlySpan<byte> present) => Through(present, changes.Reverse(), change => (change.Downgrade, "brought back from"));

    private static byte[] Through(ReadOnlySpan<byte> json, IEnumerable<StateChange> changes, Func<StateChange, (Action<JsonObject> Change, string What)> way)
    {
        var state = JsonNode.Parse(json) as JsonObject ?? throw new JsonException("it is no JSON object");
        foreach (var step in changes)
        {
            var (change, what) = way(step);
            try
            {
                change(state);
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                throw new JsonException($"it cannot be {what} version {step.Since}: {exception.GetType().Name}: {exception.Message}", exception);
            }
        }

        return Encoding.UTF8.GetBytes(state.ToJsonString());
    }
}
