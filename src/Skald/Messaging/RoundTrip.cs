using System.Collections.Concurrent;
using System.Text.Json;
using Skald.Diagnostics;

namespace Skald.Messaging;

/// <summary>
/// Whether a value comes back from JSON as it was written, as far as its type can tell. What would be emptied or narrowed is
/// found before anything is stored. A type with a converter of the author's own is taken at its word.
/// </summary>
internal sealed class RoundTrip(JsonSerializerOptions options)
{
    private readonly ConcurrentDictionary<Type, JsonShape> _shapes = new();
    private readonly ConcurrentDictionary<Type, IReadOnlyList<string>> _problems = new();

    /// <summary>Lists what would be lost of a value of this type, and of all that is in it.</summary>
    public void Check(Type type, List<string> problems) => problems.AddRange(ProblemsOf(type).Except(problems));

    /// <summary>Whether nothing of it would be lost.</summary>
    public bool IsWhole(Type type) => ProblemsOf(type).Count == 0;

    /// <exception cref="SagaDefinitionException">Something of it would be lost.</exception>
    public void Demand(Type type)
    {
        if (ProblemsOf(type) is { Count: > 0 } problems)
        {
            throw new SagaDefinitionException([.. problems]);
        }
    }

    // Asked for each message that is written: found without making a delegate.
    private IReadOnlyList<string> ProblemsOf(Type type) => _problems.TryGetValue(type, out var known) ? known : _problems.GetOrAdd(type, Find(type));

    private List<string> Find(Type root)
    {
        var problems = new List<string>();
        var seen = new HashSet<Type> { root };
        // What is on top, and what a base lists, is written as what it is.
        var open = new Queue<(Type Type, string Place, bool IsCase)>([(root, root.Readable(), true)]);
        while (open.TryDequeue(out var next))
        {
            var (type, place, isCase) = next;
            var shape = _shapes.GetOrAdd(type, t => JsonShape.Of(t, options));
            // Of others' types only the author's member that holds one can be changed.
            var losses = type.IsOwn() ? shape.Losses : shape.Losses.Take(1);
            problems.AddRange(losses.Select(loss => ErrorCodes.DoesNotComeBack(Where(type, place, loss), loss.Why, loss.Fix)));
            if (!isCase && shape.Losses.IsEmpty && Cases.Narrowed(type, options.GetTypeInfo(type)) is { } narrowed)
            {
                problems.Add(ErrorCodes.DoesNotComeBack(Where(type, place, narrowed), narrowed.Why, narrowed.Fix));
            }

            foreach (var (inner, member) in shape.Inside.Where(i => seen.Add(i.Type)))
            {
                open.Enqueue((inner, member is null ? place : type.IsOwn() ? $"{type.Readable()}.{member}" : place, member is null && inner.IsSubclassOf(type)));
            }
        }

        return problems;
    }

    private static string Where(Type type, string place, Loss loss) =>
        type.IsOwn() && loss.Member is not null ? $"{type.Readable()}.{loss.Member}"
        : place == type.Readable() ? place
        : $"{place} ({type.Readable()})";
}

/// <summary>What of a type does not come back.</summary>
/// <param name="Member">The member; null when it is the type as a whole.</param>
/// <param name="Why">The reason, to be read after the member's name.</param>
/// <param name="Fix">What to do.</param>
internal readonly record struct Loss(string? Member, string Why, string Fix);
